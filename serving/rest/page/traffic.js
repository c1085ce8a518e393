"use strict";
// The plan of traffic of the chosen model: it is shown, never changed. Everything goes in as text.

const SVG = "http://www.w3.org/2000/svg";
const CHART = { width: 640, height: 150, left: 40, right: 12, top: 10, bottom: 24 };
const NONE = "–";

async function refreshTraffic() {
  const model = state.model;
  if (!model) return showTraffic(null);
  try {
    const status = await request(`v1/models/${encodeURIComponent(model)}/traffic`);
    if (model === state.model) showTraffic(status.plan ? status : null);
  } catch {
    if (model === state.model) showTraffic(null); // the header says that the server does not answer
  }
}

function showTraffic(status) {
  at("traffic").hidden = !status;
  if (!status) return at("plan").replaceChildren();
  const parts = [planLine(status), shareBar(status), armTable(status)];
  for (const verdict of status.judged?.verdicts || []) parts.push(element("p", "verdict", verdict.sentence));
  if (status.plan.steps) parts.push(schedule(status));
  if (status.plan.alarms) parts.push(alarmList(status.plan.alarms));
  at("plan").replaceChildren(...parts);
}

function planLine(status) {
  const { plan } = status;
  const line = element("p", "bar plan");
  const kind = plan.ending ? "END" : "held" in plan || status.is_over ? "LOADING" : "AVAILABLE";
  line.append(chip(plan.strategy, kind), element("span", "muted", stateText(status)));
  return line;
}

function stateText(status) {
  const { plan } = status;
  if (plan.ending) {
    const { outcome, at: when, by, reason } = plan.ending;
    const who = by ? ` by ${by}` : "";
    return `${outcome.replace("-", " ")}${who}, ${clock(when)}${reason ? `: ${reason}` : ""}`;
  }
  const parts = [`since ${clock(plan.started)}`];
  if (status.step !== null) parts.push(`step ${status.step + 1} of ${plan.steps.length}`);
  if ("held" in plan) parts.push(`held since ${clock(plan.held)}`);
  else if (status.is_over) parts.push("all steps are done");
  else if (status.next_change) parts.push(`next change in ${span(Date.parse(status.next_change) - Date.parse(status.now))}`);
  return parts.join(" · ");
}

function clock(text) {
  return new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function shareBar(status) {
  const bar = element("div", "shares");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", status.arms.map((arm) => `version ${arm.name}: ${arm.share} %`).join(", "));
  status.arms.forEach((arm, place) => {
    if (!arm.share) return;
    const part = element("span", `share arm${place % 4}`, arm.share >= 8 ? `${arm.name}: ${figure(arm.share)} %` : "");
    part.style.width = `${arm.share}%`;
    bar.append(part);
  });
  return bar;
}

function armTable(status) {
  const judged = new Map((status.judged?.arms || []).map((arm) => [arm.name, arm]));
  const heads = ["Version", "Share", "Requests", "Errors", "p50 ms", "p99 ms", "Confidence", "Other class"];
  if (judged.size) heads.push("Mean reward", "at all times within");
  const table = element("table", "figures");
  table.append(element("caption", "", "The last five minutes in this server; rewards since the plan began"));
  const head = element("tr");
  head.append(...heads.map((text) => Object.assign(element("th", "", text), { scope: "col" })));
  const body = element("tbody");
  body.append(...status.arms.map((arm) => armRow(arm, judged)));
  table.append(element("thead"), body);
  table.tHead.append(head);
  const scroller = element("div", "scroller");
  scroller.tabIndex = 0;
  scroller.append(table);
  return scroller;
}

function armRow(arm, judged) {
  const recent = arm.recent || {};
  const errors = recent.requests ? percent(recent.errors / recent.requests) : NONE;
  const cells = [
    arm.version === null ? `${arm.name} (not loaded)` : arm.name,
    `${figure(arm.share)} %`,
    figure(recent.requests),
    errors,
    figure(recent.p50_ms),
    figure(recent.p99_ms),
    figure(recent.mean_confidence),
    percent(recent.disagreement),
  ];
  const reward = judged.get(arm.name);
  if (judged.size) cells.push(figure(reward?.mean_reward), reward ? `${figure(reward.low)} to ${figure(reward.high)} of ${figure(reward.rewarded)}` : NONE);
  const row = element("tr");
  row.append(...cells.map((text) => element("td", "", text)));
  return row;
}

function figure(value) {
  return value === null || value === undefined ? NONE : value.toLocaleString([], { maximumSignificantDigits: Math.max(3, String(Math.trunc(value)).length) });
}

function percent(share) {
  return share === null || share === undefined ? NONE : `${figure(100 * share)} %`;
}

// ---- the shares of the challenger over time, as the plan has them ----

function schedule(status) {
  const { plan } = status;
  const baked = plan.steps.reduce((sum, step) => sum + step.bake_s, 0);
  const now = Date.parse(plan.ending?.at || plan.held || status.now) - Date.parse(plan.started);
  const whole = Math.max(baked * 1000, now, 1) * 1.02;
  const x = (time) => CHART.left + ((CHART.width - CHART.left - CHART.right) * Math.min(whole, Math.max(0, time))) / whole;
  const y = (share) => CHART.top + ((CHART.height - CHART.top - CHART.bottom) * (100 - share)) / 100;
  const chart = drawn("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", class: "schedule" });
  chart.setAttribute("aria-label", `Planned shares of the challenger: ${plan.steps.map((step) => `${step.share} %`).join(", ")}`);
  for (const share of [0, 50, 100]) {
    chart.append(drawn("line", { x1: CHART.left, x2: CHART.width - CHART.right, y1: y(share), y2: y(share), class: "rule" }));
    chart.append(written(`${share} %`, { x: CHART.left - 6, y: y(share) + 4, "text-anchor": "end" }));
  }
  let time = 0;
  let path = `M ${x(0)} ${y(0)}`;
  for (const step of plan.steps) {
    path += ` V ${y(step.share)} H ${x(time + step.bake_s * 1000)}`;
    time += step.bake_s * 1000;
  }
  chart.append(drawn("path", { d: path, class: "steps" }));
  chart.append(drawn("line", { x1: x(now), x2: x(now), y1: CHART.top, y2: CHART.height - CHART.bottom, class: "now" }));
  const mark = plan.ending ? "ended" : plan.held ? "held" : "now";
  chart.append(written(mark, { x: x(now), y: CHART.height - 6, "text-anchor": x(now) > CHART.width - 60 ? "end" : "start" }));
  return chart;
}

function drawn(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function written(text, attributes) {
  const made = drawn("text", attributes);
  made.textContent = text;
  return made;
}

function alarmList(alarms) {
  const list = element("ul", "alarms");
  list.append(...alarms.map((alarm) => {
    const window = span(1000 * alarm.window_s);
    const text = `${alarm.measure} above ${alarm.above} in ${window}, from ${alarm.min_samples} on: ${alarm.action}`;
    return element("li", "", text);
  }));
  return list;
}

refreshTraffic();
setInterval(() => {
  if (!document.hidden) refreshTraffic();
}, REFRESH_MS);
