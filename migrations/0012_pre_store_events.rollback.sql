drop function store_events(
  uuid[], uuid[], timestamptz[], text[], text[], text[], text[], text[], int[], uuid[],
  bigint[], uuid[], int[], text[], int[]
);
