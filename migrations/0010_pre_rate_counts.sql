-- depends: 0006_pre_identity
-- What all workers together counted for rate limits, in slices of ten seconds.  Nobody is
-- named: a key is a keyed hash of a user id or an address.  Losing it in a crash costs one
-- minute of shared counts, so it is not written to the log.
create unlogged table rate_counts (
  key bytea not null,
  -- seconds since 1970
  window_start bigint not null,
  count int not null,
  primary key (key, window_start)
) with (fillfactor = 50);

create index rate_counts_window on rate_counts (window_start);
