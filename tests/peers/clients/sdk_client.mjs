// npm @modelcontextprotocol/sdk 1.x.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { converse, environment, plan } from "./conversation.mjs";

async function connect(entry, ears) {
  const transport = entry.url
    ? new StreamableHTTPClientTransport(new URL(entry.url))
    : new StdioClientTransport({ ...entry, env: environment(entry, getDefaultEnvironment()) });
  const capabilities = {
    ...(plan.answer ? { elicitation: {} } : {}),
    ...(plan.sampling ? { sampling: {} } : {}),
    ...(plan.roots ? { roots: {} } : {}),
  };
  const client = new Client({ name: "ringfence-test-sdk", version: "1" }, { capabilities });
  if (plan.answer) client.setRequestHandler(ElicitRequestSchema, ({ params }) => ears.question(params));
  if (plan.sampling) client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ears.prompted(params));
  if (plan.roots) client.setRequestHandler(ListRootsRequestSchema, () => ears.folders());
  client.fallbackNotificationHandler = async ({ method, params }) => ears.add(method, params);
  await client.connect(transport);
  return { client, about: { version: transport.protocolVersion ?? null, server: client.getServerVersion() } };
}

const all = (list) => async (client) => {
  const pages = [];
  let cursor;
  do {
    const page = await client[list](cursor ? { cursor } : {});
    pages.push(page);
    cursor = page.nextCursor;
  } while (cursor);
  return pages;
};

await converse(connect, {
  async call(client, { name, arguments: given = {}, progress, level }, signal, progressed = () => {}) {
    if (level) await client.setLoggingLevel(level);
    const heard = [];
    const onprogress = progress
      ? ({ progress: done, total }) => {
          heard.push([done, total]);
          progressed();
        }
      : undefined;
    const result = await client.callTool({ name, arguments: given }, undefined, { onprogress, signal });
    return progress ? { progress: heard, result } : result;
  },
  /** Many calls at once: the texts of their answers, in the order of the calls. */
  burst: (client, { name, messages }) =>
    Promise.all(
      messages.map(async (message) => (await client.callTool({ name, arguments: { message } })).content[0].text),
    ),
  tools: all("listTools"),
  resources: all("listResources"),
  templates: all("listResourceTemplates"),
  prompts: all("listPrompts"),
  prompt: (client, { name, arguments: given }) => client.getPrompt({ name, arguments: given }),
  read: (client, { uri }) => client.readResource({ uri }),
  complete: (client, { ref, argument, context }) =>
    client.complete({ ref, argument, ...(context ? { context: { arguments: context } } : {}) }),
  follow: async (client, { resources = [] }) => {
    for (const uri of resources) await client.subscribeResource({ uri });
  },
  level: (client, { level }) => client.setLoggingLevel(level),
  ping: (client) => client.ping(),
});
