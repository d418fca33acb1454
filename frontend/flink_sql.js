// Words of Flink SQL 2.2 that the editor colours and completes.
export const FLINK_KEYWORDS = `
add after all alter analyze and any array as asc at attribute begin between bigint boundary by cascade case cast catalog catalogs
changelog_mode column columns comment compile compute constraint create cross cumulate current cursor data database databases day days deduplicate
default delete desc describe descriptor detail distinct distributed drop else emit end enforced estimated_cost every except execute exists explain extended
extract false fetch filter first following for from full function functions global grant group grouping having hop hour hours if ignore in
include inner insert intersect interval into is job jobs join json json_execution_plan key language last lateral left like limit
match_recognize materialized measures metadata minute minutes model models modify modules month natural next not null nulls of offset on only or order
ordinality outer over overwrite overwriting partition partitioned partitions pattern per plan plan_advice preceding primary range raw recursive remove rename replace reset
right rollup row row_number rows second seconds select semi session set sets show some statement stop system_time table tables temporary then time to
tumble true truncate unbounded union unique unload unnest unset update upsert use using values view views virtual watermark watermarks when where
window with within without year`.trim().replace(/\s+/g, " ");

export const FLINK_TYPES = `
array bigint binary boolean bytes char date dec decimal double float int integer interval map multiset null numeric precision raw row smallint string
time timestamp timestamp_ltz tinyint varbinary varchar variant zone local`.trim().replace(/\s+/g, " ");
