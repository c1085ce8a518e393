// Asks the model `hp` with Node's fetch and its older client; prints one line per question.
import http from "node:http";

const models = `${process.argv[2]}/v1/models/`;
const instances = JSON.stringify({ instances: [4.0] });
const squeeze = (text) => text.replace(/\s+/g, "");

async function askByFetch() {
  const post = (path, body) => fetch(models + path, { method: "POST", body, duplex: "half" });
  const print = async (name, answer) =>
    console.log(name, answer.status, squeeze(await answer.text()));
  await print("fetch", await post("hp:predict", instances));
  await print("again", await post("hp:predict", instances));
  await print("status", await fetch(`${models}hp/versions/1`));
  await print("unknown", await post("nope:predict", instances));
  await print("chunked", await post("hp:predict", new Blob([instances]).stream()));
  const answers = await Promise.all(Array.from({ length: 40 }, () => post("hp:predict", instances)));
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  console.log("at once", texts.filter((text) => text.includes("5.0")).length);
}

function request(agent, headers) {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", agent, headers };
    const asked = http.request(`${models}hp:predict`, options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () =>
        resolve(`${answer.statusCode} ${squeeze(Buffer.concat(chunks).toString())} ${asked.reusedSocket}`));
    });
    asked.on("error", reject);
    asked.end(instances);
  });
}

async function askByAgent() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  console.log("agent", await request(agent, {}));
  console.log("agent", await request(agent, {}));
  console.log("length", await request(agent, { "Content-Length": instances.length }));
  const offer = { Connection: "Upgrade", Upgrade: "h2c", "Content-Length": instances.length };
  console.log("upgrade", await request(undefined, offer));
  agent.destroy();
}

await askByFetch();
await askByAgent();
