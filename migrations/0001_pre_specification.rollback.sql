-- The extension stays: it may have been there before us, and other schemas may use it.
drop table tutorial_surveys;
drop table user_personas;
drop table tutorial_step_events;
drop table tutorial_assignments;
drop table tutorial_variants;
drop table tutorial_experiments;
