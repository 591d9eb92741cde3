// Figures and times as text, in the same format as hubusers/report/words.py.

export const isNumber = (value) => typeof value === "number"; // null: not measured; "never": too many starts failed

export const count = (number) => (isNumber(number) ? number.toLocaleString("en") : "–");

// Seconds to three digits at most: "under 0.1 ms", "12 ms", "4.11 s", "1,230 s".
export function seconds(value) {
  if (!isNumber(value)) return value ?? "–";
  if (value > 0 && value < 0.0001) return "under 0.1 ms";
  const digits = value >= 0.1 ? 3 : 2;
  const rounded = Number(value.toPrecision(digits));
  if (rounded <= 0 || rounded >= 1) return `${rounded.toLocaleString("en")} s`;
  return `${Number((1000 * value).toPrecision(digits))} ms`;
}

// A percentile of seconds. Beyond what is known, it is the time that a start has been pending by now.
export function percentile(value, known) {
  return isNumber(value) && value > (known ?? 0) ? `over ${seconds(value)}` : seconds(value);
}

export function percent(share) {
  if (!isNumber(share)) return "–";
  return `${share < 0.1 ? Number((100 * share).toPrecision(2)) : Math.round(100 * share)} %`;
}

export const bytes = (number) => (isNumber(number) ? `${Math.round(number / 1e6).toLocaleString("en")} MB` : "–");

// Seconds since people could come, as a clock shows them: "01:40", or "1:01:40" from an hour on.
export function clock(elapsed) {
  const two = (part) => String(Math.floor(part)).padStart(2, "0");
  const rest = `${two((elapsed / 60) % 60)}:${two(elapsed % 60)}`;
  return elapsed < 3600 ? rest : `${Math.floor(elapsed / 3600)}:${rest}`;
}

// A moment, in seconds since the epoch: "09:31:07 UTC".
export const moment = (time) => `${new Date(1000 * time).toISOString().slice(11, 19)} UTC`;
