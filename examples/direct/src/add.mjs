// Adds one task: `node add.mjs AGENT NAME…`
import { connectQueue } from '@orchestra-brake/worker/direct';

const [agent_id = 'skeptic', ...names] = process.argv.slice(2);
const queue = connectQueue({ databaseUrl: process.env.DATABASE_URL });
const [id] = await queue.addTasks([
  { agent_id, skill: 'greet', payload: { names, wait_ms: Number(process.env.WAIT_MS ?? 500) } },
]);
console.log(id);
await queue.close();
