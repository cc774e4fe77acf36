// The page begins here: every part is started once, then what the address names is opened.
import { byId, h, lang, replace, t, data } from "./shared.js";
import { open } from "./board.js";
import { attempt } from "./notices.js";
import { map, start as startMap } from "./mapview.js";
import { start as startPanels } from "./panels.js";
import { start as startPreview } from "./preview.js";
import { start as startTools } from "./tools.js";

function startFrame() {
  byId("home").textContent = t("home");
  byId("home").href = `${data.start}/?lang=${lang}`;
  byId("title").textContent = t("title");
  const other = lang === "zh" ? "en" : "zh";
  const address = new URLSearchParams(location.search);
  address.set("lang", other);
  replace(byId("languages"), h("a", { href: `?${address}`, hreflang: other }, other === "zh" ? "中文" : "English"));
}

function looked() {
  const asked = new URLSearchParams(location.search);
  const look = {};
  for (const key of ["plan", "version", "on"]) if (asked.get(key)) look[key] = asked.get(key);
  return look;
}

startFrame();
startMap();
startPreview();
startPanels();
startTools();
map.setView([30, 110], 4);
attempt(() => open(looked())).then(() => document.body.setAttribute("data-ready", "true"));
