// The test's side of a client program in JavaScript: JSON lines on stdin, one answer line each on stdout. See conversation.py.
import { createInterface } from "node:readline";

export const plan = JSON.parse(process.argv[2]);

const PATIENCE_MS = 1_000 * (plan.patience ?? 30);

/** What servers said outside answers, in order, and what they asked. */
export class Ears {
  heard = [];
  #waiting = [];
  #asked = [];

  add(method, params) {
    this.heard.push({ method, params: params ?? {} });
    this.#waiting = this.#waiting.filter((look) => !look());
  }

  /** The answer of the plan; where that is "later", the one that the operation `answer` brings. */
  question(params) {
    this.add("elicitation/create", params);
    if (plan.answer !== "later") return plan.answer;
    const later = Promise.withResolvers();
    this.#asked.push(later);
    return later.promise;
  }

  /** The model's answer. */
  prompted(params) {
    this.add("sampling/createMessage", params);
    return plan.sampling;
  }

  folders() {
    this.add("roots/list", {});
    return { roots: plan.roots };
  }

  answer(answer) {
    this.#asked.shift().resolve(answer);
    return null;
  }

  /** All that was heard, once `method` was heard `count` times. */
  until(method, count) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method} was not heard: ${JSON.stringify(this.heard)}`)), PATIENCE_MS);
      const look = () => {
        const enough = this.heard.filter((item) => item.method === method).length >= count;
        if (enough) {
          clearTimeout(late);
          resolve([...this.heard]);
        }
        return enough;
      };
      if (!look()) this.#waiting.push(look);
    });
  }
}

/** The variables that the SDKs pass on by themselves, and those of the entry. */
export const environment = (entry, inherited) => ({ ...inherited, ...(entry.env ?? {}) });

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const fault = (error) => ({
  error: { code: typeof error.code === "number" ? error.code : 0, message: `${error.name}: ${error.message}`, data: error.data },
});

/** Runs the program. `connect(entry, ears)` is a client and what it is; `verbs` maps an operation to a function of both. */
export async function converse(connect, verbs) {
  let ears = new Ears();
  let clients = [];
  const ready = [];
  const running = new Map();
  try {
    for (const entry of plan.servers) {
      const { client, about } = await connect(entry, ears, plan.mode);
      clients.push(client);
      ready.push(about);
    }
  } catch (error) {
    say(fault(error));
    process.exit(0);
  }
  say({ ready });
  const close = async () => {
    await Promise.all(clients.map((client) => client.close().catch(() => {})));
    clients = [];
  };
  const run = async (line) => {
    const client = clients[line.server ?? 0];
    switch (line.op) {
      case "open": {
        await close();
        ears = new Ears();
        const { client, about } = await connect(line.entry, ears, line.mode ?? plan.mode);
        clients = [client];
        return about;
      }
      case "close":
        return close();
      case "heard":
        return ears.until(line.until, line.count ?? (line.until ? 1 : 0));
      case "begin": {
        const abort = new AbortController();
        const began = Promise.withResolvers();
        const task = verbs.call(client, line, abort.signal, began.resolve);
        task.catch(began.resolve);
        running.set(line.task, { abort, task, began: began.promise });
        return null;
      }
      case "answer":
        return ears.answer(line.answer);
      case "progressed":
        await running.get(line.task).began;
        return null;
      case "cancel":
        running.get(line.task).abort.abort("the test cancels");
        return null;
      case "end":
        return running.get(line.task).task;
      default:
        return verbs[line.op](client, line);
    }
  };
  for await (const text of createInterface({ input: process.stdin })) {
    try {
      say({ result: (await run(JSON.parse(text))) ?? null });
    } catch (error) {
      say(fault(error));
    }
  }
  await close();
  process.exit(0);
}
