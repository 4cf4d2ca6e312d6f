#!/bin/sh
# Stand-in of Spilo's clone_with_wale.py, which restores with WAL-G. It finds the base backup at the path that Spilo makes of
# the CLONE_ values, below the folder that is its second argument instead of in S3, and copies it; where there is none, it
# ends as that one does. As long as the file exists whose name is its first argument, it takes its time, as a big restore does.
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
