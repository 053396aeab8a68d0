"use strict";

// Asks for live values each second while somebody looks, and draws the last hour's power.
const live = document.getElementById("live");
const power = document.getElementById("power");
const plotPlace = document.getElementById("plot");
const dark = matchMedia("(prefers-color-scheme: dark)");
const lostAfterMs = 4000;
let answered = performance.now();

function look() {
  if (document.hidden) {
    return;
  }
  htmx.trigger(live, "tick");
  showLost(performance.now() - answered > lostAfterMs);
}

// Old values that look like new ones would be worse than none.
function showLost(lost) {
  document.getElementById("lost").hidden = !lost;
  live.classList.toggle("old", lost);
}

live.addEventListener("htmx:after:swap", () => {
  answered = performance.now();
  showLost(false);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    look();
    loadPower();
  }
});

let plot = null;
let drawn = null;

async function loadPower() {
  if (document.hidden) {
    return;
  }
  try {
    const answer = await fetch("/v1/power?group=" + encodeURIComponent(document.getElementById("power-of").value));
    if (answer.ok) {
      drawPower(await answer.json());
    }
  } catch {
    // The gateway does not answer: look() says so, and the next turn tries again.
  }
}

function drawPower(data) {
  drawn = data;
  const css = getComputedStyle(document.documentElement);
  const text = css.getPropertyValue("--pico-color").trim();
  const grid = css.getPropertyValue("--pico-muted-border-color").trim();
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  const units = [...new Set(data.series.map(s => s.unit))];
  const any = data.series.some(s => s.power.some(p => p !== null));
  document.getElementById("no-power").hidden = any;
  plot?.destroy();
  plot = null;
  if (!any) {
    return;
  }
  // Two points a slot, its start and its end: the mean over the slot is a level, not a slope.
  const both = values => values.flatMap(v => [v, v]);
  const clock = uPlot.fmtDate("{HH}:{mm}");
  const local = seconds => clock(uPlot.tzDate(new Date(seconds * 1000), power.dataset.zone));
  plot = new uPlot({
    ...size(),
    tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), power.dataset.zone),
    scales: { x: { range: () => [data.from, data.to] }, y: { range: (_, low, high) => span(low, high) } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(local), space: 60 },
      { ...axis, values: (_, ticks) => ticks.map(number), size: 62, label: units.join(", "), labelSize: 20 },
    ],
    cursor: { drag: { x: false, y: false } },
    series: [
      { label: "touch to read", value: (_, v, __, i) => i == null ? "" : `${local(data.ends[i >> 1] - data.slot)}–${local(data.ends[i >> 1])}` },
      ...data.series.map((s, n) => ({
        label: `${s.name}, ${s.unit}`,
        stroke: css.getPropertyValue(`--line-${n % 8 + 1}`).trim(),
        width: 2,
        dash: n < 8 ? [] : [6, 4],
        points: { show: false },
        value: (_, v, __, i) => i == null ? "" : v == null ? "missing" : number(v),
      })),
    ],
  }, [data.ends.flatMap(end => [end - data.slot, end]), ...data.series.map(s => both(s.power))], plotPlace);
}

function number(value) {
  return Math.round(value).toLocaleString("en").replaceAll(",", "\u2009").replace("-", "−");
}

// Zero is always in sight: a small change must not look like a large one.
function span(low, high) {
  const most = Math.max(high ?? 0, 0), least = Math.min(low ?? 0, 0), margin = Math.max((most - least) * 0.08, 1);
  return [least < 0 ? least - margin : 0, most + margin];
}

function size() {
  return { width: plotPlace.clientWidth, height: Math.round(Math.max(200, Math.min(360, plotPlace.clientWidth * 0.55))) };
}

document.getElementById("power-of").addEventListener("change", loadPower);
dark.addEventListener("change", () => drawn && drawPower(drawn));
new ResizeObserver(() => plot?.setSize(size())).observe(plotPlace);

loadPower();
setInterval(look, 1000);
setInterval(loadPower, 1000 * Math.min(60, Math.max(5, Number(power.dataset.seconds))));
