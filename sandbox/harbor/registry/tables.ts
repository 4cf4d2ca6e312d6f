/**
 * The tables of Harbor's registry with the columns that Harbor 2.5 has after all of its migrations (harbor
 * make/migrations/postgresql), in the database `core`.
 */
export const harborTables = `
create table if not exists harbor_user (
  user_id serial primary key, username varchar(255) unique, email varchar(255) unique, password varchar(40) not null,
  realname varchar(255) not null, comment varchar(30), deleted boolean not null default false, reset_uuid varchar(40),
  salt varchar(40), sysadmin_flag boolean not null default false, creation_time timestamp default current_timestamp,
  update_time timestamp default current_timestamp, password_version varchar(16) default 'sha256');
create table if not exists project (
  project_id serial primary key, owner_id int not null references harbor_user (user_id), name varchar(255) not null unique,
  creation_time timestamp default current_timestamp, update_time timestamp default current_timestamp,
  deleted boolean not null default false, registry_id int);
create table if not exists project_metadata (
  id serial primary key, project_id int not null references project (project_id), name varchar(255) not null,
  value varchar(255), creation_time timestamp default current_timestamp, update_time timestamp default current_timestamp,
  unique (project_id, name));
create table if not exists repository (
  repository_id serial primary key, name varchar(255) not null unique, project_id int not null, description text,
  pull_count int not null default 0, star_count int not null default 0, creation_time timestamp default current_timestamp,
  update_time timestamp default current_timestamp);
create table if not exists artifact (
  id serial primary key, project_id int not null, repository_name varchar(255) not null, digest varchar(255) not null,
  type varchar(255) not null, pull_time timestamp, push_time timestamp, repository_id int not null,
  media_type varchar(255) not null, manifest_media_type varchar(255) not null, size bigint, extra_attrs text,
  annotations jsonb, icon varchar(255), unique (repository_id, digest));
create table if not exists tag (
  id serial primary key, repository_id int not null, artifact_id int not null references artifact (id),
  name varchar(255) not null, push_time timestamp default current_timestamp, pull_time timestamp,
  unique (repository_id, name));
create table if not exists blob (
  id serial primary key, digest varchar(255) not null unique, content_type varchar(1024) not null, size bigint not null,
  creation_time timestamp default current_timestamp, update_time timestamp default current_timestamp,
  status varchar(255) default 'none', version bigint default 0);
create table if not exists project_blob (
  id serial primary key, project_id int not null, blob_id int not null,
  creation_time timestamp default current_timestamp, unique (project_id, blob_id));
create table if not exists artifact_blob (
  id serial primary key, digest_af varchar(255) not null, digest_blob varchar(255) not null,
  creation_time timestamp default current_timestamp, unique (digest_af, digest_blob));
insert into harbor_user (username, password, realname, comment, sysadmin_flag)
  values ('admin', '', 'system admin', 'admin user', true), ('anonymous', '', 'anonymous user', 'anonymous user', false)
  on conflict do nothing;
insert into project (owner_id, name) values (1, 'library') on conflict do nothing;
`;
