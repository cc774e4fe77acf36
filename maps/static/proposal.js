// The page of a proposal: what is chosen, the header, the switches, the legend and the address.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, number = geogrid.number, pick = geogrid.pick;
  var SIDES = ["both", "today", "proposal"];
  var FEW = 5, LETTERS = 18, MANY = 150;
  var phone = window.matchMedia("(max-width: 760px)");
  var started = false, onPaper = false;
  var state = (geogrid.state = { answer: 0, mode: data.modes[0], sides: "both", moved: data.kind === "even", tab: "answers", open: false, chosen: null });

  geogrid.isPhone = function () { return phone.matches; };
  geogrid.answer = function () { return data.answers[state.answer]; };
  geogrid.sideOf = function (s) { return geogrid.answer().sides[s]; };
  // The sides that are shown: on a phone one at a time.
  geogrid.shownSides = function () {
    var wanted = state.sides === "both" && phone.matches ? "proposal" : state.sides;
    return wanted === "both" ? [0, 1] : [wanted === "today" ? 0 : 1];
  };
  geogrid.answerName = function (i) {
    var name = pick(data.answers[i].name);
    return data.answers.length > 1 ? i + 1 + " " + name : name;
  };

  // How figures are written, by unit.
  var WRITTEN = {
    count: function (value) { return number(value); },
    amount: function (value) { return number(value, Math.abs(value) < 100 ? 2 : 0); },
    share: function (value) { return number(value * 100, 1) + "%"; },
    metres: function (value) { return geogrid.distance(value); },
    ratio: function (value) { return Number(value).toFixed(2); },
    minutes: function (value) { return t("minutes", { n: number(value, 1) }); },
    seconds: function (value) { return t("seconds", { n: number(value, 1) }); },
  };
  geogrid.figure = function (key, value) {
    return value === null || value === undefined ? t("unknown") : WRITTEN[data.style.figures[key].unit](value);
  };
  geogrid.figureName = function (key) { return pick(data.style.figures[key].label); };
  geogrid.figureOf = function (i, key) {
    var found = data.answers[i].figures.filter(function (pair) { return pair[0] === key; })[0];
    return found ? found[1] : null;
  };

  geogrid.set = function (changes) {
    var before = Object.assign({}, state);
    Object.assign(state, changes);
    if (changes.answer !== undefined && before.answer !== state.answer) state.chosen = changes.chosen || null;
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      drawChrome();
    }
    drawSwitches();
    drawLegend();
    drawPanel();
    if (before.answer !== state.answer || before.mode !== state.mode || before.moved !== state.moved || changes.lang || !started) geogrid.drawMaps();
    else geogrid.outline();
    geogrid.layOut();
    remember();
  };

  // Around the maps
  function radio(group, value, label, checked, title) {
    return h("label", { title: title || null }, h("input", { type: "radio", name: group, value: value, checked: checked, onchange: function () {
      var changes = {};
      changes[group] = group === "answer" ? Number(value) : value;
      geogrid.set(changes);
    } }), h("span", {}, label));
  }
  function keepLegend(fieldset, children) {
    fieldset.hidden = children.length < 2;
    geogrid.replace(fieldset, fieldset.querySelector("legend"), children);
  }
  function shorter(text) { return text.length > LETTERS ? text.slice(0, LETTERS - 1) + "…" : text; }
  function drawChrome() {
    var place = pick(data.place), title = t("title", { kind: pick(data.title) });
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    document.title = (place ? place + " · " : "") + title;
    geogrid.replace(byId("title"), place ? h("strong", {}, place) : null, h("span", {}, title));
    byId("sample").hidden = !data.sample;
    byId("sample").textContent = t("sample");
    byId("office").hidden = !data.office;
    byId("office").textContent = t("office");
    byId("credit").textContent = [data.osm ? t("osm") : "", t("madeWith", { version: data.version })].filter(Boolean).join(" · ");
    document.querySelectorAll("[data-t]").forEach(function (element) { element.textContent = t(element.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (element) { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    geogrid.nameControls();
  }
  function drawSwitches() {
    var focus = document.activeElement && document.activeElement.name ? [document.activeElement.name, document.activeElement.value] : null;
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) { return radio("lang", lang, lang === "zh" ? "中文" : "EN", geogrid.lang === lang); }));
    keepLegend(byId("answers"), data.answers.map(function (_, i) {
      var name = geogrid.answerName(i);
      return radio("answer", String(i), data.answers.length > FEW || phone.matches ? i + 1 : shorter(name), i === state.answer, name);
    }));
    var shown = geogrid.shownSides(), sides = phone.matches ? SIDES.slice(1) : SIDES;
    keepLegend(byId("sides"), sides.map(function (side) {
      return radio("sides", side, t(side), phone.matches ? (side === "today") === (shown[0] === 0) : side === state.sides);
    }));
    keepLegend(byId("modes"), data.modes.map(function (mode) { return radio("mode", mode, t(mode === "class" ? "modeClass" : "modeEach"), mode === state.mode); }));
    var land = data.answers.some(function (answer) { return answer.sides[1].moved; });
    byId("land").hidden = !land;
    geogrid.replace(byId("land"), h("input", { type: "checkbox", name: "land", value: "on", checked: state.moved, onchange: function (event) { geogrid.set({ moved: event.target.checked }); } }), h("span", {}, t("movedSign")));
    var again = focus && Array.prototype.filter.call(document.querySelectorAll("input"), function (input) { return input.name === focus[0] && input.value === focus[1]; })[0];
    if (again) again.focus({ preventScroll: true });
  }
  function swatch(style, kind) {
    var box = h("i", { class: "swatch " + (kind || "") });
    Object.assign(box.style, style);
    return box;
  }
  geogrid.swatch = swatch;
  // Many candidates are dots: rings would hide the land.
  geogrid.isHollow = function (sign) { return sign.hollow && !(sign.small && sign.spots.length > MANY); };
  function signs() {
    var known = [], found = [];
    geogrid.shownSides().forEach(function (s) {
      geogrid.sideOf(s).signs.forEach(function (sign) {
        var name = pick(sign.label);
        if (known.indexOf(name) >= 0) return;
        known.push(name);
        found.push(h("li", {}, geogrid.symbolPicture(sign.symbol, geogrid.isHollow(sign)), h("span", {}, name)));
      });
    });
    return found;
  }
  function isUsed(k) {
    return geogrid.shownSides().some(function (s) { return geogrid.sideOf(s).features && geogrid.sideOf(s).features["class"].indexOf(k) >= 0; });
  }
  geogrid.legendRows = function () {
    var classes = data.kind === "zones" || state.mode === "class" ? data.classes : [];
    var moved = state.moved && geogrid.shownSides().some(function (s) { return geogrid.sideOf(s).moved; });
    return [
      h("h2", {}, state.mode === "each" && data.kind !== "zones" ? t("legendEach") : pick(data.legend)),
      h("ul", { class: "row" }, classes.map(function (row, k) {
        return (data.kind === "zones" || row.hatched) && !isUsed(k) ? null : h("li", {}, swatch(row.hatched ? {} : { background: row.colour }, row.hatched ? "hatched" : ""), h("span", {}, pick(row.label)));
      })),
      h("ul", { class: "row" }, signs(),
        moved ? h("li", {}, swatch({}, "moved"), h("span", {}, t("movedSign"))) : null,
        data.kind !== "zones" && geogrid.answer().troubles.rows.length ? h("li", {}, swatch({}, "trouble"), h("span", {}, t("troubleSign"))) : null,
        data.layers.barriers ? h("li", {}, swatch({}, "barrier"), h("span", {}, t("barrierSign"))) : null),
    ];
  };
  function drawLegend() { geogrid.replace(byId("legend"), geogrid.legendRows()); }

  // Panel
  function tabs() {
    return ["answers", "list"].concat(geogrid.answer().troubles.rows.length ? ["troubles"] : [], "about");
  }
  var NAMES = { answers: "tabAnswers", list: "tabList", troubles: "tabTroubles", about: "tabAbout" };
  function drawPanel() {
    var folded = phone.matches && !state.open && !onPaper, focus = document.activeElement ? document.activeElement.id : "", at = byId("view").scrollTop;
    if (tabs().indexOf(state.tab) < 0) state.tab = "answers";
    document.body.classList.toggle("open", phone.matches && state.open);
    geogrid.replace(byId("tabs"), tabs().map(tabButton), phone.matches && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { geogrid.set({ open: false }); } }, "×") : null);
    byId("view").hidden = folded;
    var shown = [state.tab, state.chosen ? 1 : 0].join("/");
    if (!folded) geogrid.replace(byId("view"), onPaper ? geogrid.views.paper() : state.chosen ? geogrid.views.chosen(state.chosen) : geogrid.views[state.tab]());
    byId("view").scrollTop = geogrid.wasShown === shown ? at : 0;
    geogrid.wasShown = shown;
    if (focus && byId(focus)) byId(focus).focus({ preventScroll: true });
  }
  function tabButton(tab) {
    var current = state.tab === tab && (state.open || !phone.matches), all = tabs();
    var count = tab === "troubles" ? geogrid.answer().troubles.rows.length : 0;
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || (tab === all[0] && phone.matches && !state.open) ? "0" : "-1",
      onclick: function () { geogrid.set({ tab: tab, chosen: null, open: !(phone.matches && current && !state.chosen) }); },
      onkeydown: function (event) {
        var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        var next = all[(all.indexOf(tab) + step + all.length) % all.length];
        byId("tab-" + next).click();
        byId("tab-" + next).focus();
      },
    }, t(NAMES[tab]), count ? h("span", { class: "count" }, number(count)) : null);
  }

  // Choices in the address: #answer=…&mode=…&sides=…&tab=…&lang=…
  function recall() {
    var wanted = {}, changes = {};
    window.location.hash.slice(1).split("&").forEach(function (part) {
      var at = part.indexOf("=");
      try {
        if (at > 0) wanted[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
      }
    });
    if (wanted.lang === "zh" || wanted.lang === "en") changes.lang = wanted.lang;
    if (data.modes.indexOf(wanted.mode) >= 0) changes.mode = wanted.mode;
    if (SIDES.indexOf(wanted.sides) >= 0) changes.sides = wanted.sides;
    if (tabs().indexOf(wanted.tab) >= 0) changes.tab = wanted.tab;
    if (/^\d+$/.test(wanted.answer || "") && data.answers[Number(wanted.answer) - 1]) changes.answer = Number(wanted.answer) - 1;
    geogrid.set(changes);
  }
  function remember() {
    if (!started) return;
    var parts = ["answer=" + (state.answer + 1), "mode=" + state.mode, "sides=" + state.sides, "tab=" + state.tab, "lang=" + geogrid.lang];
    try {
      window.history.replaceState(null, "", "#" + parts.join("&"));
    } catch (error) {
      // A sandboxed frame may not change its address; the map works without.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  // On paper both maps are drawn anew, and the panel holds everything.
  function toPaper() {
    onPaper = true;
    geogrid.drawPaper();
    drawPanel();
    window.addEventListener("afterprint", function () {
      onPaper = false;
      geogrid.set({});
    }, { once: true });
  }

  geogrid.start = function () {
    geogrid.makeMaps();
    drawChrome();
    recall();
    geogrid.fit();
    started = true;
    window.addEventListener("hashchange", recall);
    window.addEventListener("beforeprint", toPaper);
    phone.addEventListener("change", function () { geogrid.set({}); });
    document.addEventListener("keydown", function (event) { if (event.key === "Escape" && state.chosen) geogrid.set({ chosen: null }); });
    document.body.setAttribute("data-ready", "true");
  };
})();
