// The pass of quality_typed.sql in DuckDB, on a file of its own, with one thread and with two.
// node quality_duckdb.mjs CSV: CSV.sql holds the SELECT, CSV.counts what it must count.
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const { DuckDBInstance } = require('@duckdb/node-api');
const csv = process.argv[2];
const pass = readFileSync(csv + '.sql', 'utf8');
const wanted = readFileSync(csv + '.counts', 'utf8').trim();

rmSync(csv + '.duckdb', { force: true });
const db = await (await DuckDBInstance.create(csv + '.duckdb')).connect();
await db.run(`CREATE TABLE spell AS SELECT * FROM read_csv('${csv}', header = true, columns = {id: 'BIGINT', patient: 'INTEGER', provider: 'VARCHAR', ward: 'VARCHAR',
  sex: 'VARCHAR', age: 'SMALLINT', admitted: 'DATE', discharged: 'DATE', born: 'DATE', method: 'VARCHAR', diagnosis: 'VARCHAR', operation: 'VARCHAR', episodes: 'SMALLINT',
  cost: 'DECIMAL(10,2)', weight: 'DOUBLE', postcode: 'VARCHAR', practice: 'VARCHAR', emergency: 'BOOLEAN'})`);
await db.run('CHECKPOINT');
const counts = (await (await db.run(pass)).getRows())[0].join(' ');
if (counts !== wanted)
{
  console.error(`DuckDB counts otherwise:\n${counts}\n${wanted}`);
  process.exit(1);
}
for (const threads of [1, 2])
{
  const times = [];

  await db.run(`SET threads = ${threads}`);
  for (let i = 0; i < 5; i++)
  {
    const started = performance.now();
    await (await db.run(pass)).getRows();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  console.log(`DuckDB, threads = ${threads}: median ${Math.round(times[2])} ms`);
}
