// Short messages: what went wrong, what was done. Nothing fails silently.
import { byId, h, t } from "./shared.js";

export function notice(text, kind = "told") {
  const box = h("p", { class: `notice ${kind}` }, text, h("button", { type: "button", "aria-label": t("close"), onclick: () => box.remove() }, "×"));
  byId("notices").append(box);
  if (kind === "told") setTimeout(() => box.remove(), 6000);
}

// Do something that may fail, and say so when it does. Returns whether it was done.
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (problem) {
    notice(t("failed", { why: problem.message }), "problem");
    return false;
  }
}
