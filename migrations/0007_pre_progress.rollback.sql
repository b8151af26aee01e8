drop table progress;
drop table xp_awards;
alter table tutorial_versions
  drop column rules,
  drop column xp;
