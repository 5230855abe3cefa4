"use strict";
// Everything that is shown is set as text, never as markup.

const SHOWN_BARS = 8, STRONGEST = 6, POLL_MILLISECONDS = 400, HEAD_BYTES = 65536;
const at = id => document.getElementById(id);
let model = null, asking = null, chosen = null;

class Refused extends Error {}

async function call(path, options = {}) {
  const response = await fetch(path, options);
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(content.error || `The server answered ${response.status}.`);
  return content;
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function tell(id, error) {
  const place = at(id);
  place.hidden = !error;
  place.textContent = !error ? "" : error instanceof Refused ? error.message : "The server does not answer.";
}

const percent = value => `${(100 * value).toFixed(value > 0.0005 && value < 0.9995 ? 1 : 2)}%`;
const number = value => String(Number(value.toPrecision(4)));
const names = () => Object.keys(version().text_columns);
const isPair = () => names().includes("text_pair");
const endings = () => names().filter(name => name.startsWith("ending_"));
const field = name => at(name.replace("_", "-"));
const column = name => at({text: "column", text_pair: "column-pair"}[name] ?? `column-${name.replace("_", "-")}`);
const version = () => model.versions.find(one => String(one.number) === at("version").value);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// The model

function showVersion() {
  const one = version();
  const answers = one.labels.length ? count(one.labels.length, "label") : "a value";
  at("about").textContent =
    `Version ${one.number}, ${answers}, ${isPair() ? "pairs of " : ""}texts up to ${one.max_length} tokens`;
  at("kind").textContent =
    {"single-label": "Label", "multi-label": "Labels", "regression": "Value", "choice": "Ending"}[one.task] ?? "Found";
  at("classify").textContent = endings().length ? "Choose" : one.labels.length ? "Classify" : "Predict";
  at("second").hidden = at("second-column").hidden = !isPair();
  at("endings").replaceChildren(...endings().flatMap((name, number) => {
    const label = make("label", "soft", `Ending ${one.labels[number]}`), text = make("textarea");
    label.htmlFor = text.id = name.replace("_", "-");
    Object.assign(text, {rows: 2, spellcheck: false, maxLength: model.limits.characters});
    return [label, text];
  }));
  at("ending-columns").replaceChildren(...endings().map(name => {
    const label = make("label", "", "Ending column "), select = make("select");
    select.id = `column-${name.replace("_", "-")}`;
    label.append(select);
    return label;
  }));
  for (const [id, path] of [["card", "card"], ["report", "report/report.html"]]) {
    at(id).hidden = !one[id];
    at(id).href = `/versions/${one.number}/${path}`;
  }
  at("result").hidden = true;
}

async function start() {
  model = await call("/page/model");
  document.title = at("name").textContent = model.name;
  for (const one of model.versions) at("version").append(make("option", "", one.number));
  at("versions").hidden = model.versions.length < 2;
  at("text").maxLength = at("text-pair").maxLength = model.limits.characters;
  at("limits").textContent =
    `up to ${count(model.limits.table_rows, "row")}, ${Math.floor(model.limits.table_bytes / 2 ** 20)} MB`;
  at("endpoint").textContent = `POST ${location.origin}/v1/models/${encodeURIComponent(model.name)}:predict`;
  showVersion();
}

// A text

function bar(label, value, best) {
  const item = make("li", best ? "best" : ""), name = make("span", "label", label);
  const track = make("span", "track"), fill = make("div", "fill");
  name.title = label;
  fill.style.width = `${100 * value}%`;
  track.setAttribute("aria-hidden", "true");
  track.append(fill);
  item.append(name, track, make("span", "value", percent(value)));
  return item;
}

// By how much a word raises the answer: percentage points of a probability, or the value's own unit.
function signed(weight) {
  const size = version().labels.length ? Math.abs(100 * weight).toFixed(1) : number(Math.abs(weight));
  return `${weight < 0 ? "−" : "+"}${size}`;
}

function showWords(texts, label) {
  const all = texts.flatMap(text => text.pieces.map((piece, place) => [piece, text.weights[place]]));
  const weighed = all.filter(([, weight]) => weight !== null);
  const most = Math.max(1e-9, ...weighed.map(([, weight]) => Math.abs(weight)));
  const least = label ? 0.001 : most / 50;  // smaller ones are not shown as driving anything
  at("words").replaceChildren(...texts.map(text => {
    const shown = make("p", "words");
    shown.append(...text.pieces.map((piece, place) => colour(piece, text.weights[place], most, least)));
    return shown;
  }));
  const ranked = weighed.filter(([, weight]) => Math.abs(weight) >= least)
    .sort(([, one], [, other]) => Math.abs(other) - Math.abs(one)).slice(0, STRONGEST);
  at("strongest").replaceChildren(...ranked.map(([piece, weight]) => {
    const item = make("li");
    item.append(`${piece} `, make("span", weight < 0 ? "against" : "for", signed(weight)));
    return item;
  }));
  const falls = label ? `percentage points the probability of “${label}” falls` : "much the value falls";
  at("method").textContent =
    `The number beside a word: by how ${label ? "many " : ""}${falls} when the word is left out. The model was asked ` +
    "again without each word, one at a time; of words that say the same, none may seem to matter." +
    (ranked.some(([, weight]) => weight < 0) ? ` Underlined words ${label ? "speak against" : "lower"} it.` : "") +
    (label && most < 0.05 ? " Here no word decides alone." : "") +
    (all.filter(([piece]) => piece.trim()).length > weighed.length ? ` Only the first ${weighed.length} words were tried.` : "");
}

function colour(piece, weight, most, least) {
  if (weight === null) return document.createTextNode(piece);
  const side = weight < 0 ? "against" : "for", strong = Math.abs(weight) >= least;
  const word = make("span", strong ? side : "", piece);
  if (strong) word.style.backgroundColor = `rgb(var(--${side}) / ${(0.55 * Math.abs(weight) / most).toFixed(3)})`;
  word.title = signed(weight);
  return word;
}

function showFound(found) {
  const names = Object.keys(found[0] ?? {}), head = make("tr");
  head.append(...names.map(name => make("th", "", name)));
  at("label").textContent = found.length || "nothing";
  at("found").replaceChildren(...(found.length ? [head] : []), ...found.map(one => {
    const row = make("tr");
    row.append(...names.map(name => make("td", "", typeof one[name] === "number" ? number(one[name]) : one[name] ?? "")));
    return row;
  }));
}

function showAnswer(answer) {
  const found = "found" in answer;
  at("found").hidden = !found;
  at("bars").hidden = at("why").hidden = found;
  at("result").hidden = false;
  if (found) {
    at("score").textContent = "";
    at("more").hidden = true;
    showFound(answer.found);
    return;
  }
  const order = answer.labels.map((label, id) => ({label, value: answer.values[id], decided: answer.decided.includes(id)}));
  const decided = order.filter(one => one.decided);
  at("label").textContent =
    order.length ? decided.map(one => one.label).join(", ") || "none" : number(answer.values[0]);
  at("score").textContent = ["single-label", "choice"].includes(version().task) ? percent(decided[0].value) : "";
  const bars = order.sort((a, b) => b.value - a.value).map(one => bar(one.label, one.value, one.decided));
  const shown = Math.max(SHOWN_BARS, decided.length);
  at("bars").replaceChildren(...bars.slice(0, shown));
  at("rest").replaceChildren(...bars.slice(shown));
  at("more").hidden = bars.length <= shown;
  showWords(answer.texts, answer.labels[answer.explained]);
}

async function ask(event) {
  event.preventDefault();
  const texts = Object.fromEntries(names().map(name => [name, field(name).value]));
  const missing = names().find(name => !texts[name].trim());
  if (missing) { field(missing).focus(); return; }
  asking?.abort();
  const mine = asking = new AbortController();
  at("result").classList.add("stale");
  try {
    const answer = await call(`/page/explain?version=${version().number}`, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(texts), signal: mine.signal,
    });
    tell("ask-error", null);
    showAnswer(answer);
  } catch (error) {
    if (error.name !== "AbortError") { tell("ask-error", error); at("result").hidden = true; }
  } finally {
    if (asking === mine) at("result").classList.remove("stale");
  }
}

// A table

function csvColumns(head, delimiter) {
  const cells = [];
  let cell = "", quoted = false;
  for (let place = 0; place < head.length; place++) {
    const sign = head[place];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (head[place + 1] === '"') { cell += sign; place++; }
      else quoted = false;
    } else if (sign === '"' && !cell && delimiter === ",") quoted = true;
    else if (sign === delimiter) { cells.push(cell); cell = ""; }
    else if (sign === "\n" || sign === "\r") break;
    else cell += sign;
  }
  return [...cells, cell];
}

async function columnsOf(file, format) {
  const head = (await file.slice(0, HEAD_BYTES).text()).replace(/^\uFEFF/, "").replace(/^[\r\n]+/, "");
  if (format !== "jsonl") return csvColumns(head, format === "tsv" ? "\t" : ",");
  try { return Object.keys(JSON.parse(head.split("\n", 1)[0])); } catch { return []; }
}

async function chooseFile(file) {
  const suffix = file.name.toLowerCase().split(".").pop();
  const format = ["tsv", "jsonl"].includes(suffix) ? suffix : "csv";
  chosen = {file, format};
  at("file").value = "";  // so that the same file can be chosen again when it has been mended
  tell("table-error", file.size > model.limits.table_bytes ? new Refused("The file is larger than allowed.") : null);
  at("job").hidden = true;
  at("file-name").textContent = file.name;
  const columns = await columnsOf(file, format);
  for (const [name, wanted] of Object.entries(version().text_columns)) {
    column(name).replaceChildren(...columns.map(one => make("option", "", one)));
    if (columns.includes(wanted)) column(name).value = wanted;
  }
  at("table").hidden = file.size > model.limits.table_bytes;
}

async function scoreTable(event) {
  event.preventDefault();
  at("score-table").disabled = true;
  at("downloads").hidden = true;
  at("job").hidden = false;
  at("progress").hidden = false;
  at("progress").removeAttribute("value");
  at("told").textContent = "Sending the table …";
  tell("table-error", null);
  try {
    const query = new URLSearchParams({version: version().number, format: chosen.format});
    for (const name of names()) query.set(name, column(name).value);
    const {key} = await call(`/page/tables?${query}`, {
      method: "POST", headers: {"Content-Type": "text/csv"}, body: chosen.file,
    });
    await follow(key);
  } catch (error) {
    at("job").hidden = true;
    tell("table-error", error);
  } finally {
    at("score-table").disabled = false;
  }
}

async function follow(key) {
  for (;;) {
    const job = await call(`/page/tables/${key}`);
    if (job.state === "failed") throw new Refused(job.error);
    if (job.rows) { at("progress").max = job.rows; at("progress").value = job.done; }
    if (job.state === "done") {
      at("progress").hidden = true;
      at("told").textContent = `${count(job.scored + job.rejected, "row")}: ${job.scored.toLocaleString("en")} scored` +
        (job.rejected ? `, ${job.rejected.toLocaleString("en")} rejected because they have no text or do not fit the table` : "");
      for (const name of ["predictions", "rejects"]) at(name).href = `/page/tables/${key}/${name}.csv`;
      at("rejects").hidden = !job.rejected;
      at("downloads").hidden = false;
      return;
    }
    at("told").textContent = job.rows ? `${job.done.toLocaleString("en")} of ${count(job.rows, "row")}` : "Reading the table …";
    await new Promise(resolve => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

// What happens when

at("ask").addEventListener("submit", ask);
at("ask").addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(event);
});
at("version").addEventListener("change", showVersion);
at("file").addEventListener("change", () => at("file").files[0] && chooseFile(at("file").files[0]));
at("table").addEventListener("submit", scoreTable);
const drop = at("drop");
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, () => drop.classList.add("over"));
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
// A file that misses the box must not take the page's place.
for (const kind of ["dragover", "drop"]) addEventListener(kind, event => drop.contains(event.target) || event.preventDefault());
start().catch(error => { at("about").textContent = error.message; });
