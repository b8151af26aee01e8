drop index tutorial_variants_experiment;
drop index tutorial_experiments_one_running;
alter table tutorial_variants
  drop column changes,
  drop column position;
drop table tutorial_versions;
drop table tutorials;
