"use strict";
// The page of the model server. Everything from outside goes in as text, never as markup.

const REFRESH_MS = 3000;
const PREDICT_TIMEOUT_MS = 60000;
const MAX_SAMPLE = 64; // elements of an example request; beyond, it is cut short
const NUMBERS = { DT_FLOAT: "1.0", DT_DOUBLE: "1.0", DT_BOOL: "true", DT_STRING: '"text"' };

const state = { models: [], shown: "", model: null, described: "", inputs: [], busy: false };
const at = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function chip(text, kind) {
  const made = element("span", "chip", text);
  made.dataset.state = kind;
  return made;
}

// ---- models ----

async function refresh() {
  try {
    const response = await fetch("models.json", { cache: "no-store" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    state.models = (await response.json()).models;
    showHealth();
    showModels();
  } catch {
    health("no answer", "ERROR");
  }
}

function health(text, kind) {
  const shown = at("health");
  if (shown.textContent === text) return; // a status that is set again would be read out again
  shown.textContent = text;
  shown.dataset.state = kind;
}

function showHealth() {
  const waiting = state.models.filter((model) => !isAvailable(model));
  if (waiting.length) health(`${waiting.length} of ${state.models.length} not ready`, "LOADING");
  else health(state.models.length ? "ready" : "no models", state.models.length ? "AVAILABLE" : "START");
}

function isAvailable(model) {
  return model.versions.some((version) => version.state === "AVAILABLE");
}

function showModels() {
  const found = JSON.stringify(state.models);
  if (found === state.shown) return; // keeps the focus where it is
  state.shown = found;
  const focused = document.activeElement?.dataset?.model;
  at("no-models").hidden = state.models.length > 0;
  at("models").replaceChildren(...state.models.map(modelItem));
  for (const button of at("models").querySelectorAll("button")) {
    if (button.dataset.model === focused) button.focus();
  }
  const chosen = state.models.find((model) => model.name === state.model);
  if (chosen) choose(chosen.name);
  else if (state.models.length) choose((state.models.find(isAvailable) || state.models[0]).name);
}

function modelItem(model) {
  const item = element("li");
  const button = element("button", "model");
  button.type = "button";
  button.dataset.model = model.name;
  button.setAttribute("aria-pressed", String(model.name === state.model));
  button.append(element("strong", "", model.name));
  if (!model.versions.length) button.append(element("span", "muted", "no version yet"));
  for (const version of model.versions) button.append(versionLine(model, version));
  button.addEventListener("click", () => choose(model.name));
  item.append(button);
  return item;
}

function versionLine(model, version) {
  const line = element("span", "version");
  const failed = version.error_code !== "OK";
  line.append(element("span", "", `version ${version.version}`));
  line.append(chip(failed ? "failed" : version.state.toLowerCase(), failed ? "ERROR" : version.state));
  for (const [label, number] of Object.entries(model.labels)) {
    if (String(number) === version.version) line.append(element("span", "chip label", label));
  }
  if (failed) line.append(element("span", "why", version.error_message));
  return line;
}

// ---- the chosen model ----

function choose(name) {
  const model = state.models.find((candidate) => candidate.name === name);
  if (name !== state.model) {
    state.model = name;
    state.described = "";
    clearAnswer();
  }
  for (const button of at("models").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.model === name));
  }
  showVersions(model);
  describe();
  refreshTraffic();
}

function showVersions(model) {
  const select = at("version");
  const wanted = select.dataset.model === model.name ? select.value : "";
  const available = model.versions.filter((version) => version.state === "AVAILABLE");
  const options = [["", "latest"]];
  for (const label of Object.keys(model.labels)) options.push([`/labels/${encodeURIComponent(label)}`, label]);
  for (const { version } of available) options.push([`/versions/${version}`, version]);
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = options.some(([value]) => value === wanted) ? wanted : "";
  select.dataset.model = model.name;
  at("version-field").hidden = options.length < 3;
}

function modelPath() {
  return `v1/models/${encodeURIComponent(state.model)}${at("version").value}`;
}

async function describe() {
  const path = `${modelPath()}/metadata`;
  const about = path + state.shown; // asked again when versions come and go
  if (state.described === about) return;
  state.described = about;
  try {
    const metadata = await request(path);
    if (state.described !== about) return; // another model was chosen meanwhile
    showSignature(metadata.metadata.signature_def.signature_def.serving_default);
  } catch (problem) {
    if (state.described !== about) return;
    state.described = "";
    showForm(false);
    at("other").hidden = true;
    hint(problem.message);
  }
}

function hint(text) {
  at("try-hint").textContent = text;
  at("try-hint").hidden = !text;
}

function showForm(shown) {
  at("form").hidden = !shown;
}

function showSignature(signature) {
  const inputs = Object.entries(signature?.inputs || {}).sort(([one], [other]) => (one < other ? -1 : 1));
  const outputs = signature?.outputs || {};
  const texts = inputs.length > 0 && inputs.length <= 2 && inputs.every(([, info]) => info.dtype === "DT_STRING");
  const classifies = texts && "probabilities" in outputs && "classes" in outputs;
  showForm(classifies);
  at("other").hidden = classifies || !inputs.length;
  if (classifies) {
    hint("");
    showFields(inputs.map(([name]) => name));
  } else if (inputs.length) {
    hint("This model does not classify plain texts, so there is no form for it here.");
    showInputs(inputs);
  } else {
    hint("This model has no signature serving_default with inputs.");
  }
}

function showFields(names) {
  if (JSON.stringify(names) === JSON.stringify(state.inputs) && at("fields").children.length) return;
  state.inputs = names;
  at("fields").replaceChildren(...names.map((name) => {
    const field = element("label", "field");
    const box = element("textarea");
    box.name = name;
    box.rows = names.length > 1 ? 3 : 4;
    box.placeholder = "Type or paste a text";
    box.addEventListener("keydown", submitOnEnter);
    field.append(element("span", "", names.length > 1 ? name : "Text"), box);
    return field;
  }));
}

function submitOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("form").requestSubmit();
}

function showInputs(inputs) {
  at("inputs").replaceChildren(...inputs.map(([name, info]) => {
    const row = element("tr");
    const cells = [name, info.dtype.replace("DT_", "").toLowerCase(), shapeText(info)];
    row.append(...cells.map((text) => element("td", "", text)));
    return row;
  }));
  const instance = inputs.map(([name, info]) => `${JSON.stringify(name)}: ${sample(info)}`).join(", ");
  const body = `{"instances": [{${instance}}]}`.replaceAll("'", "'\\''");
  const url = new URL(`${modelPath()}:predict`, document.baseURI);
  at("curl").textContent = `curl -d '${body}' \\\n  ${url}`;
}

function sizes(info) {
  return (info.tensor_shape?.dim || []).map((dim) => Number(dim.size));
}

function shapeText(info) {
  if (info.tensor_shape?.unknown_rank) return "any";
  return `[${sizes(info).map((size) => (size < 0 ? "any" : size)).join(", ")}]`;
}

function sample(info) {
  const row = sizes(info).slice(1).map((size) => (size < 0 ? 1 : size)); // without the batch
  const leaf = NUMBERS[info.dtype] || "1";
  if (row.reduce((product, size) => product * size, 1) > MAX_SAMPLE) return `[${leaf}, …]`;
  return row.reduceRight((inner, size) => `[${Array(size).fill(inner).join(", ")}]`, leaf);
}

// ---- asking ----

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(PREDICT_TIMEOUT_MS) });
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`The answer (HTTP ${response.status}) is not JSON that a browser can read.`);
  }
  if (!response.ok) throw new Error(answer.error || `HTTP ${response.status}`);
  return answer;
}

function clearAnswer() {
  at("result").replaceChildren();
  showError("");
}

function showError(text) {
  at("error").textContent = text;
  at("error").hidden = !text;
}

async function classify(event) {
  event.preventDefault();
  if (state.busy) return;
  const boxes = [...at("fields").querySelectorAll("textarea")];
  const empty = boxes.find((box) => !box.value.trim());
  if (empty) {
    clearAnswer();
    showError("Type a text first.");
    empty.focus();
    return;
  }
  setBusy(true);
  const asked = state.model;
  try {
    const instance = Object.fromEntries(boxes.map((box) => [box.name, box.value]));
    const started = performance.now();
    const answer = await request(`${modelPath()}:predict`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ instances: [instance] }),
    });
    const milliseconds = performance.now() - started;
    if (asked === state.model) showAnswer(answer.predictions[0], milliseconds);
  } catch (problem) {
    if (asked === state.model) {
      clearAnswer();
      showError(problem.message);
    }
  } finally {
    setBusy(false);
  }
}

function setBusy(busy) {
  state.busy = busy;
  at("submit").setAttribute("aria-disabled", String(busy)); // keeps the focus, unlike `disabled`
  at("submit").textContent = busy ? "Classifying…" : "Classify";
}

function showAnswer(prediction, milliseconds) {
  showError("");
  const classes = prediction.classes.map((name, index) => [textOf(name), prediction.probabilities[index]]);
  classes.sort((one, other) => other[1] - one[1]);
  const bar = element("div", "bar");
  const label = "label" in prediction ? textOf(prediction.label) : classes[0][0];
  bar.append(element("strong", "", label), element("span", "", `${milliseconds.toFixed(0)} ms`));
  const list = element("ol", "classes");
  list.append(...classes.map(([name, probability]) => classItem(name, probability)));
  const answer = element("div", "answer");
  answer.append(bar, list);
  at("result").replaceChildren(answer);
}

function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function classItem(name, probability) {
  const item = element("li");
  const percent = `${(100 * probability).toFixed(1)} %`;
  const track = element("div", "track");
  track.setAttribute("aria-hidden", "true");
  const fill = element("div", "fill");
  fill.style.width = `${Math.min(100, Math.max(0, 100 * probability))}%`;
  track.append(fill);
  item.append(element("span", "name", name), element("span", "percent", percent), track);
  return item;
}

// ---- start ----

at("form").addEventListener("submit", classify);
at("version").addEventListener("change", () => {
  clearAnswer();
  describe();
});
refresh();
setInterval(() => {
  if (!document.hidden) refresh();
}, REFRESH_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
