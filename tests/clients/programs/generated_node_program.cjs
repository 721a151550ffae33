// Asks the service with the client that @hey-api/openapi-ts made and tsc compiled.
const fs = require("node:fs");
const path = require("node:path");

const [made, url] = process.argv.slice(2);
const sdk = require(path.join(made, "sdk.gen.js"));
const { client } = require(path.join(made, "client.gen.js"));

async function main() {
  const { key, calls } = JSON.parse(fs.readFileSync(0, "utf8"));
  client.setConfig({ baseUrl: url, auth: key });
  const told = [];
  for (const { operation, path, body, headers } of calls) {
    const { data, error, response } = await sdk[operation]({ path, body, headers });
    told.push({ status: response.status, answer: data ?? error });
  }
  process.stdout.write(JSON.stringify(told));
}

main();
