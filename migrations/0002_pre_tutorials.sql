-- depends: 0001_pre_specification
-- Tutorials and what was ever published of them.  A version is never changed: a ping of
-- any version is accepted for ever, and a running experiment builds on what users saw.
create table tutorials (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table tutorial_versions (
  tutorial_id text not null references tutorials (id) on delete cascade,
  version int not null check (version >= 1),
  status text not null check (status in ('draft', 'published', 'restored')),
  steps jsonb not null,
  survey jsonb,
  personas jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (tutorial_id, version)
);

-- Assignment depends on the order of the variants (specification 4.1), and a variant
-- changes single steps of the published version.
alter table tutorial_variants
  add column position int not null default 0,
  add column changes jsonb not null default '[]';

create unique index tutorial_experiments_one_running
  on tutorial_experiments (tutorial_id)
  where status = 'running';
create index tutorial_variants_experiment on tutorial_variants (experiment_id);
