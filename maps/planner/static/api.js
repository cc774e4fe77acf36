// Requests to our own service: JSON in and out, the session's token on changes, problems as errors that say what to do.
import { data, lang } from "./shared.js";
import { set, state } from "./store.js";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || String(status));
    this.status = status;
    this.body = body;
  }
}

export class Offline extends Error {}

const ROOT = `${data.start}/api/v1`;

// Returns {body, etag}. `match` is what a change rests on, `once` a key that makes repeating it harmless.
export async function ask(path, { method = "GET", body, match, once, signal, raw, type } = {}) {
  const headers = { "Accept-Language": lang, Accept: "application/json, application/geo+json, application/problem+json" };
  if (method !== "GET" && data.who.csrf_token) headers["X-CSRF-Token"] = data.who.csrf_token;
  if (body !== undefined) headers["Content-Type"] = type || "application/json";
  if (match) headers["If-Match"] = match;
  if (once) headers["Idempotency-Key"] = once;
  set({ busy: state.busy + 1 });
  try {
    const answer = await reached(`${ROOT}${path}`, { method, headers, signal, body: body === undefined || type ? body : JSON.stringify(body) });
    if (raw && answer.ok) return answer;
    const text = await answer.text();
    const told = text && (answer.headers.get("Content-Type") || "").includes("json") ? JSON.parse(text) : {};
    if (!answer.ok) throw new Problem(answer.status, told);
    return { body: told, etag: answer.headers.get("ETag") || "", status: answer.status, location: answer.headers.get("Location") || "" };
  } finally {
    set({ busy: state.busy - 1 });
  }
}

async function reached(address, options) {
  try {
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-cache", ...options });
    set({ online: true });
    return answer;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    set({ online: false });
    throw new Offline(error.message);
  }
}

// A new name for a change that must happen once, however often it is sent.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
