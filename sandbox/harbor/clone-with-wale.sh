#!/bin/sh
# Stand-in for Spilo's clone_with_wale.py, which restores with WAL-G. Arguments: HOLD-FILE BACKUP-FOLDER …
# It waits as long as HOLD-FILE exists, as a big restore would. Then it copies the base backup from the path that Spilo derives
# from the CLONE_ values, below BACKUP-FOLDER instead of in S3. If there is none, it fails as the original does.
hold=$1
backup="$2/$CLONE_WAL_S3_BUCKET/spilo/$CLONE_WAL_BUCKET_SCOPE_PREFIX$CLONE_SCOPE$CLONE_WAL_BUCKET_SCOPE_SUFFIX/wal/$CLONE_PGVERSION"
while [ -e "$hold" ]; do sleep 1; done
for argument in "$@"; do
  case $argument in --datadir=*) data=${argument#--datadir=} ;; esac
done
if [ -d "$backup" ]; then
  mkdir -p "$data" && cp -a "$backup/." "$data/" && exec chmod 0700 "$data"
fi
echo "Could not find any backups" >&2
exit 1
