// Answers each line on its standard input with one line: how many milliseconds a
// query over the log took, and what it gave. Usage: node duckdb.mjs LOG
import { DuckDBInstance } from '@duckdb/node-api';
import { createInterface } from 'node:readline';

const columns = `columns = {timestamp: 'TIMESTAMP', status: 'VARCHAR', error_type: 'VARCHAR', cache: 'VARCHAR', model: 'VARCHAR',
  duration: 'DOUBLE', ttft: 'DOUBLE', input_tokens: 'BIGINT', output_tokens: 'BIGINT', cache_read_tokens: 'BIGINT',
  cache_write_tokens: 'BIGINT', reasoning_tokens: 'BIGINT', usage_estimated: 'BOOLEAN', cost: 'DECIMAL(18, 9)'},`;

const query = (given) => `
  SELECT model, count(*), count(*) FILTER (status = 'success'), count(*) FILTER (status = 'error'),
    count(*) FILTER (error_type = 'rate_limited'), sum(cost)::VARCHAR, sum(input_tokens)::VARCHAR, sum(output_tokens)::VARCHAR,
    quantile_cont(duration, [0.5, 0.95, 0.99]), avg(duration), min(duration), max(duration), quantile_cont(ttft, [0.5, 0.95]),
    sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
    count(*) FILTER (usage_estimated), count(*) FILTER (cache = 'hit'), min(timestamp), max(timestamp)
  FROM read_json('${process.argv[2].replaceAll("'", "''")}', format = 'newline_delimited', ${given} ignore_errors = true)
  WHERE status IS NOT NULL GROUP BY model ORDER BY model`;

const connection = await (await DuckDBInstance.create(':memory:')).connect();
for await (const line of createInterface({ input: process.stdin })) {
  const begin = performance.now();
  const result = await connection.runAndReadAll(query(line === 'given' ? columns : ''));
  const took = performance.now() - begin;
  const groups = result.getRowsJson().map((r) => ({
    model: r[0], requests: +r[1], failed: +r[3], cost: r[5], input: r[6], output: r[7], p50: +r[8][0], p95: +r[8][1], p99: +r[8][2],
  }));
  console.log(JSON.stringify({ ms: took, groups }));
}
