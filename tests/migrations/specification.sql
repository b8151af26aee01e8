-- Tutorial System V2 Architecture Specification, section 3, as written there.
-- 3.1 Experiments
create table tutorial_experiments (
  id text primary key,
  tutorial_id text not null,
  name text,
  status text check (status in ('draft','running','completed')),
  created_at timestamptz default now()
);

create table tutorial_variants (
  id text primary key,
  experiment_id text references tutorial_experiments(id) on delete cascade,
  name text,
  weight int check (weight between 1 and 100) default 50
);

create table tutorial_assignments (
  user_id uuid,
  experiment_id text,
  variant_id text,
  assigned_at timestamptz default now(),
  primary key(user_id, experiment_id)
);

-- 3.2 Step events
create table tutorial_step_events (
  id bigserial primary key,
  user_id uuid,
  tutorial_id text,
  step_id text,
  variant_id text,
  persona text,
  status text,          -- started/completed
  duration_ms int,
  created_at timestamptz default now()
);

-- 3.3 Personas (vector for clustering)
create extension if not exists vector;
create table user_personas (
  user_id uuid primary key,
  persona text,
  embedding vector(32),          -- pgvector
  confidence numeric,
  updated_at timestamptz default now()
);

-- 3.4 Surveys
create table tutorial_surveys (
  id bigserial primary key,
  user_id uuid,
  tutorial_id text,
  nps int check (nps between 0 and 10),
  comment text,
  persona text,
  created_at timestamptz default now()
);

create index on tutorial_step_events (tutorial_id, step_id, status);
create index on tutorial_step_events (variant_id);
