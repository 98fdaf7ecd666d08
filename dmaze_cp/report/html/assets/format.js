// Numbers as people read them.

const GAP = "\u202f";
const UNITS = {
  energy: ["pJ", "nJ", "µJ", "mJ", "J", "kJ", "MJ", "GJ"],
  time: ["ps", "ns", "µs", "ms", "s"],
  count: ["", "k", "M", "G", "T", "P", "E", "Z", "Y"],
};
const COMPONENTS = ["MAC", "RF", "NoC", "SPM", "DRAM", "leakage"];
const NONE = "–";

function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** A scaled number with its unit, to `digits` significant digits. */
function scaled(value, units, digits = 4) {
  if (!known(value)) return NONE;
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits));
  const step = Math.min(Math.max(Math.floor(Math.log10(Math.abs(rounded)) / 3), 0), units.length - 1);
  const scaledValue = rounded / 1000 ** step;
  if (Math.abs(scaledValue) >= 10000) return `${value.toExponential(digits - 1)}${GAP}${units[0]}`.trimEnd();
  if (step === 0 && Number.isInteger(value)) return `${value}${GAP}${units[0]}`.trimEnd();
  const before = String(Math.trunc(Math.abs(scaledValue))).length;
  return `${scaledValue.toFixed(Math.max(digits - before, 0))}${GAP}${units[step]}`.trimEnd();
}

const energy = (pj, digits) => scaled(pj, UNITS.energy, digits);
const seconds = (s, digits) => (known(s) ? scaled(s * 1e12, UNITS.time, digits) : NONE);
const count = (value, digits) => scaled(value, UNITS.count, digits);

/** All digits, with thousands set apart. */
function exact(value) {
  if (!known(value)) return NONE;
  if (!Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return Math.abs(value) < 1e15 ? value.toLocaleString("en") : value.toExponential(3);
}

/** Four digits and an exponent: energy-delay products. */
function scientific(value) {
  return known(value) ? value.toExponential(3).replace("e+", "e") : NONE;
}

/** A fraction in per cent; what is not 0 is never shown as 0. */
function percent(fraction) {
  if (!known(fraction)) return NONE;
  if (fraction === 0) return `0${GAP}%`;
  if (fraction > 0 && fraction < 0.0001) return `<0.01${GAP}%`;
  const value = 100 * fraction;
  // Trailing zeros stay, so that columns of a table line up.
  return `${value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)}${GAP}%`;
}

/** Wall time of a search. */
function duration(s) {
  if (!known(s)) return NONE;
  if (s < 100) return `${s < 10 ? s.toFixed(2) : s.toFixed(1)}${GAP}s`;
  return `${Math.floor(s / 60)}${GAP}min ${String(Math.round(s % 60)).padStart(2, "0")}${GAP}s`;
}

/** Ticks of an axis: short. */
function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e12) return value.toExponential(0).replace("e+", "e");
  if (size < 1) return String(Number(value.toPrecision(2)));
  return scaled(Number(value.toPrecision(3)), UNITS.count, 3).replace(/\.0+(?=\D|$)|(\.\d*?)0+(?=\D|$)/, "$1");
}

/** A long name, its middle left out. */
function shorten(name, length) {
  if (name.length <= length) return name;
  const head = Math.floor((length - 1) / 3);
  return `${name.slice(0, head)}…${name.slice(name.length - (length - 1 - head))}`;
}

/** A label of at most so many letters for each name; names that differ have labels that differ, as in the plots of `--plots`. */
function shortNames(names, length) {
  const labels = new Map(names.map((name) => [name, shorten(name, length)]));
  for (let round = 0; round < 3; round += 1) {
    for (const group of alike(labels)) {
      const head = alikeAtFirst(group);
      const tail = alikeAtFirst(group.map((name) => [...name.slice(head)].reverse().join("")));
      for (const name of group) labels.set(name, between(name, head, tail, length));
    }
  }
  alike(labels).flat().forEach((name, i) => labels.set(name, `${name.slice(0, length - `…#${i + 1}`.length)}…#${i + 1}`));
  return names.map((name) => labels.get(name));
}

/** Names that have the same label. */
function alike(labels) {
  const groups = new Map();
  for (const [name, label] of labels) groups.set(label, [...(groups.get(label) || []), name]);
  return [...groups.values()].filter((group) => group.length > 1);
}

/** How many letters all names begin with. */
function alikeAtFirst(names) {
  const [first] = names;
  let place = 0;
  while (place < first.length && names.every((name) => name[place] === first[place])) place += 1;
  return place;
}

/** A name without so many letters at its ends, or as many as it has to lose. */
function between(name, head, tail, length) {
  const lost = name.length - (length - 2);
  if (lost <= 2) return shorten(name, length);
  const first = Math.min(head, lost);
  const last = Math.min(tail, lost - first);
  const [before, after] = [first ? "…" : "", last ? "…" : ""];
  return `${before}${shorten(name.slice(first, name.length - last), length - before.length - after.length)}${after}`;
}

const OBJECTIVES = {
  edp: { name: "EDP", unit: "pJ·cycles", show: scientific },
  energy: { name: "Energy", unit: "pJ", show: energy },
  latency: { name: "Latency", unit: "cycles", show: count },
};

const IN_SECONDS = {
  edp: { name: "EDP", unit: "pJ·s", show: scientific },
  latency: { name: "Latency", unit: "s", show: seconds },
};

/** The objective of a sweep: in seconds where its designs have different clocks. */
function kindOf(sweep) {
  return (sweep.in_seconds && IN_SECONDS[sweep.objective]) || OBJECTIVES[sweep.objective];
}

/** Limits on the map-space, in words. */
function limitsText(limits) {
  return limits.map(([name, allowed]) => (allowed === "none" ? `no ${name}` : `${name} ${allowed}`)).join(", ");
}

/** A bound to some digits, never shown as more than it is. */
function floorTo(value, digits) {
  if (!known(value) || value <= 0) return value;
  const step = 10 ** (Math.floor(Math.log10(value)) - digits + 1);
  const steps = value / step;
  return (Math.abs(steps - Math.round(steps)) < 1e-9 ? Math.round(steps) : Math.floor(steps)) * step;
}

function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
