// What stands around the map: title, switches, legend, tabs, and the buttons on the map.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId;
  var TABS = ["overview", "grids", "findings", "layers", "about"];

  function radio(group, value, label, checked, change) {
    var input = h("input", { type: "radio", name: group, value: value, onchange: change });
    input.checked = checked;
    return h("label", {}, input, h("span", {}, label));
  }

  function keepLegend(fieldset, children) {
    var legend = fieldset.querySelector("legend");
    geogrid.replace(fieldset, legend, children);
  }

  // Texts that depend on the language only.
  geogrid.drawChrome = function () {
    var place = data.place ? geogrid.pick(data.place) : "";
    var title = data.minutes === 15 ? t("title") : t("titleGeneral");
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    document.title = (place ? place + " · " : "") + title;
    geogrid.replace(byId("title"), place ? h("strong", {}, place) : null, h("span", {}, title));
    byId("sample").hidden = !data.sample;
    byId("sample").textContent = t("sample");
    byId("search").placeholder = t("search");
    byId("search").setAttribute("aria-label", t("search"));
    byId("hits").setAttribute("aria-label", t("search"));
    byId("credit").textContent = [geogrid.basemapTold ? geogrid.basemapTold() : "", data.osm ? t("osm") : "", t("madeWith", { version: data.version })].filter(Boolean).join(" · ");
    document.querySelectorAll("[data-t]").forEach(function (element) { element.textContent = t(element.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (element) { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    geogrid.leaflet.getContainer().setAttribute("aria-label", t("map"));
    geogrid.leaflet.getContainer().setAttribute("role", "application");
    geogrid.nameControls();
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) {
      return radio("lang", lang, lang === "zh" ? "中文" : "EN", geogrid.lang === lang, function () { geogrid.set({ lang: lang }); });
    }));
    drawChoices();
  };

  function drawChoices() {
    var choices = data.services.map(function (service) {
      return radio("service", service.id, [geogrid.symbolPicture(service), geogrid.title(service.name)], false, function () { geogrid.set({ service: service.id }); });
    });
    if (data.all) {
      var every = radio("service", "all", t("all"), false, function () { geogrid.set({ service: "all" }); });
      every.title = t("allHint");
      choices.unshift(every);
    }
    keepLegend(byId("services"), choices);
    keepLegend(byId("whens"), ["now", "later"].map(function (when) {
      return radio("when", when, t(when), false, function () { geogrid.set({ when: when }); });
    }));
  }

  geogrid.drawSwitches = function () {
    [["service", geogrid.state.service], ["when", geogrid.state.when], ["lang", geogrid.lang]].forEach(function (pair) {
      document.querySelectorAll("input[name=" + pair[0] + "]").forEach(function (input) {
        if (input.value !== pair[1]) input.checked = false;
        else if (!input.checked) {
          input.checked = true;
          input.parentNode.scrollIntoView({ block: "nearest", inline: "nearest" });
        }
      });
    });
  };

  geogrid.legendTitle = function () {
    var service = data.services[geogrid.serviceNumber()];
    var title = service ? t("legendTitle", { service: geogrid.title(service.name), min: geogrid.number(service.cutoff, 1), by: geogrid.pick(service.by) })
      : data.minutes ? t("legendAllMinutes", { min: geogrid.number(data.minutes, 1), by: geogrid.pick(data.modes[0].by) }) : t("legendAll");
    return title + (geogrid.state.when === "later" ? (geogrid.lang === "zh" ? "（" + t("legendLater") + "）" : " (" + t("legendLater") + ")") : "");
  };

  function swatch(style, label, more) {
    var box = h("i", { class: "swatch " + (more || "") });
    Object.assign(box.style, style);
    return h("li", { class: /\bkey\b/.test(more || "") ? "key" : "" }, box, h("span", {}, label));
  }

  geogrid.faded = function (colour) {
    return colour + ("0" + Math.round(255 * data.style.lines.grid.fillOpacity).toString(16)).slice(-2);
  };
  // A colour as the map shows it: through the fill's opacity, over the land.
  function asOnMap(colour) {
    var seen = geogrid.faded(colour);
    return "linear-gradient(" + seen + ", " + seen + "), var(--land)";
  }

  geogrid.drawLegend = function () {
    var classes = data.style.classes.slice().reverse();
    var lines = data.style.lines;
    var visible = geogrid.state.layers;
    var symbols = data.services.filter(function (_, i) { return geogrid.serviceChosen(i); });
    var example = symbols.length === 1 ? symbols[0] : { shape: "circle", colour: "#33424d" };
    geogrid.replace(byId("legend"),
      h("h2", {}, geogrid.legendTitle()),
      h("ul", { class: "classes" },
        classes.map(function (row) { return swatch({ background: asOnMap(row.colour) }, geogrid.pick(row.label)); }),
        swatch({}, [h("span", { class: "long" }, t("hidden")), h("span", { class: "short" }, t("hiddenShort"))], "hatched")),
      h("ul", { class: "signs" },
        visible.facilities ? h("li", {}, geogrid.symbolPicture(example), h("span", {}, t("built"))) : null,
        visible.facilities ? h("li", {}, geogrid.symbolPicture(example, true), h("span", {}, t("planned"))) : null,
        visible.gaps ? swatch({ backgroundColor: lines.gap.fillColor, borderColor: lines.gap.color }, t(geogrid.state.when === "later" ? "gapSymbolNow" : "gapSymbol"), "square key") : null,
        visible.defects && data.layers.defects.kind.length
          ? h("li", { class: "key" }, geogrid.symbolPicture({ shape: "triangle", colour: lines.defect.color }), h("span", {}, t("defectSymbol"))) : null,
        visible.radii ? h("li", { class: "key" }, h("i", { class: "swatch circle" }), h("span", {}, t("radiusSymbol"))) : null));
    byId("legend").setAttribute("aria-label", t("legend"));
  };

  geogrid.drawPanel = function () {
    var state = geogrid.state;
    var folded = geogrid.isFolding() && !state.open;
    document.body.classList.toggle("open", geogrid.isFolding() && state.open);
    geogrid.replace(byId("tabs"), TABS.map(tabButton), geogrid.isFolding() && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { geogrid.set({ open: false }); } }, "×") : null);
    byId("view").hidden = folded;
    var key = state.chosen ? state.chosen.kind + state.chosen.index : state.tab;
    var moved = byId("view").dataset.shows !== key;
    byId("view").dataset.shows = key;
    var focus = focusIn(byId("view"));
    if (!folded) geogrid.replace(byId("view"), state.chosen ? geogrid.detailView(state.chosen) : geogrid.views[state.tab]());
    if (moved) byId("view").scrollTop = 0;
    if (focus >= 0 && !folded) refocus(byId("view"), moved ? -1 : focus);
  };

  // The panel is written anew at every choice: a keyboard's place in it is kept, or begins at the top of what is new.
  var FOCUSABLE = "button, input";
  function focusIn(view) {
    return view.contains(document.activeElement) ? Array.prototype.indexOf.call(view.querySelectorAll(FOCUSABLE), document.activeElement) : -1;
  }
  function refocus(view, place) {
    (view.querySelectorAll(FOCUSABLE)[place] || view).focus({ preventScroll: true });
  }

  function tabButton(tab, i) {
    var state = geogrid.state;
    var current = !state.chosen && state.tab === tab && (state.open || !geogrid.isFolding());
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || (i === 0 && !isAnyCurrent()) ? "0" : "-1",
      onclick: function () {
        var again = geogrid.isFolding() && current;
        geogrid.set({ tab: tab, chosen: null, open: !again });
        byId("tab-" + tab).focus();
      },
      onkeydown: function (event) {
        var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        byId("tab-" + TABS[(i + step + TABS.length) % TABS.length]).click();
      },
    }, t(tab));
  }

  function isAnyCurrent() {
    return !geogrid.state.chosen && (geogrid.state.open || !geogrid.isFolding());
  }

  // The map's own controls stand above the closed dock.
  geogrid.settle = function () {
    var root = document.documentElement;
    if (!document.body.classList.contains("open")) root.style.setProperty("--dock", byId("dock").offsetHeight + "px");
  };
})();
