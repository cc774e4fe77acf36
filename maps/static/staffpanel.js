// What stands around the staff's map: title, switches, legend, tabs, and what they show.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var style = geogrid.data.style;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, pick = geogrid.pick;
  var TABS = ["households", "layers", "about"];
  var FARTHEST = 30, STREETS = 14;

  function radio(group, value, label, change) {
    return h("label", {}, h("input", { type: "radio", name: group, value: value, onchange: change }), h("span", {}, label));
  }
  function keepLegend(fieldset, children) { geogrid.replace(fieldset, fieldset.querySelector("legend"), children); }

  // Texts that depend on the language only.
  geogrid.drawChrome = function () {
    var town = geogrid.town, place = town ? pick(town.place) : "";
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    document.title = (place ? place + " · " : "") + t("title");
    geogrid.replace(byId("title"), place ? h("strong", {}, place) : null, h("span", {}, t("title") + (town && town.sample ? " · " + t("sample") : "")));
    byId("search").placeholder = t("search");
    byId("search").setAttribute("aria-label", t("search"));
    byId("hits").setAttribute("aria-label", t("search"));
    byId("credit").textContent = [town && town.osm ? t("osm") : "", t("madeWith", { version: geogrid.data.version })].filter(Boolean).join(" · ");
    geogrid.byId("home").href = "./?lang=" + geogrid.lang;
    document.querySelectorAll("[data-t]").forEach(function (element) { element.textContent = t(element.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (element) { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    byId("badge").title = t("staffNote");
    byId("opennote").hidden = !geogrid.data.note;
    byId("opennote").textContent = geogrid.data.note ? geogrid.data.note[geogrid.lang] : "";
    byId("map").setAttribute("aria-label", t("map"));
    byId("map").setAttribute("role", "application");
    geogrid.nameControls();
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) {
      return radio("lang", lang, lang === "zh" ? "中文" : "EN", function () { geogrid.set({ lang: lang }); });
    }));
    if (!town) return;
    keepLegend(byId("services"), town.services.map(function (service) {
      return radio("service", service.id, [geogrid.symbolPicture(service), geogrid.title(service.name)], function () { geogrid.set({ service: service.id }); });
    }));
    keepLegend(byId("whens"), ["now", "later"].map(function (when) { return radio("when", when, t(when), function () { geogrid.set({ when: when }); }); }));
  };

  geogrid.drawSwitches = function () {
    [["service", geogrid.state.service], ["when", geogrid.state.when], ["lang", geogrid.lang]].forEach(function (pair) {
      document.querySelectorAll("input[name=" + pair[0] + "]").forEach(function (input) {
        var mine = input.value === pair[1];
        if (mine && !input.checked) input.parentNode.scrollIntoView({ block: "nearest", inline: "nearest" });
        input.checked = mine;
      });
    });
  };

  function dot(status) {
    var mark = h("i", { class: "dot" });
    mark.style.backgroundColor = style.bars[status];
    return mark;
  }
  function stroke(kind) {
    var line = style.legs[kind], mark = h("i", { class: "stroke" });
    mark.style.borderTop = Math.min(line.weight, 4) + "px " + (line.dashArray ? "dotted" : "solid") + " " + line.color;
    return mark;
  }

  geogrid.drawLegend = function () {
    var service = geogrid.service(), counts = geogrid.counts(), shown = geogrid.state.explanation;
    var statuses = geogrid.table.statuses.filter(function (_, i) { return i < 2 || counts[i]; });
    geogrid.replace(byId("legend"),
      h("h2", {}, t("legendTitle", { service: geogrid.title(service.name), min: geogrid.number(service.cutoff, 1), mode: pick(service.mode) })),
      h("ul", { class: "marks" }, statuses.map(function (status) {
        return h("li", {}, dot(status), h("span", {}, t("status_" + status)));
      })),
      h("ul", { class: "signs" },
        h("li", {}, geogrid.symbolPicture(service), h("span", {}, t("facilityNow"))),
        geogrid.state.when === "later" ? h("li", {}, geogrid.symbolPicture(service, true), h("span", {}, t("facilityLater"))) : null,
        shown && shown.ways.length ? h("li", { class: "key" }, stroke("along"), h("span", {}, t("wayShown"))) : null,
        shown && shown.ways.length > 1 ? h("li", { class: "key" }, stroke("other_along"), h("span", {}, t("wayOther"))) : null,
        shown && shown.ways.length ? h("li", { class: "key" }, stroke("as_the_crow_flies"), h("span", {}, t("crow"))) : null));
    byId("legend").setAttribute("aria-label", t("legend"));
  };

  // Panel
  geogrid.drawPanel = function () {
    var state = geogrid.state, folding = geogrid.isFolding(), view = byId("view");
    var folded = folding && !state.open;
    document.body.classList.toggle("open", folding && state.open);
    geogrid.replace(byId("tabs"), TABS.map(tabButton), folding && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { geogrid.set({ open: false }); } }, "×") : null);
    view.hidden = folded;
    var key = state.chosen === null ? state.tab : "household " + state.chosen;
    var moved = view.dataset.shows !== key;
    view.dataset.shows = key;
    var focus = view.contains(document.activeElement) ? Array.prototype.indexOf.call(view.querySelectorAll("button, input"), document.activeElement) : -1;
    if (!folded) geogrid.replace(view, state.chosen === null ? views[state.tab]() : householdView());
    if (moved) view.scrollTop = 0;
    // A keyboard's place is kept where the panel is written anew, or begins at the top of what is new.
    if (focus >= 0 && !folded) ((moved ? null : view.querySelectorAll("button, input")[focus]) || view).focus({ preventScroll: true });
  };

  function tabButton(tab, i) {
    var state = geogrid.state;
    var current = state.chosen === null && state.tab === tab && (state.open || !geogrid.isFolding());
    var anyCurrent = state.chosen === null && (state.open || !geogrid.isFolding());
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || (i === 0 && !anyCurrent) ? "0" : "-1",
      onclick: function () {
        geogrid.set({ tab: tab, chosen: null, open: !(geogrid.isFolding() && current) });
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

  function section(title, hint) {
    return h("section", {}, h("h3", {}, title, hint ? h("small", {}, hint) : null), Array.prototype.slice.call(arguments, 2));
  }
  function note(text) { return text ? h("p", { class: "note" }, text) : null; }

  function modeLine() {
    var service = geogrid.service();
    return t("modeRow", { mode: geogrid.title(service.mode), pace: pick(service.pace), min: geogrid.number(service.cutoff, 1) });
  }
  function minutesOf(i) {
    var table = geogrid.table;
    return table.statuses[table.status[i]] === "unreached" ? t("status_unreached") : geogrid.minutes(table.minutes[i]);
  }
  geogrid.gridNameOf = function (i) {
    var number = geogrid.table.grid[i];
    return number < 0 ? t("outside") : t("inGrid", { name: geogrid.gridNames()[geogrid.table.grids[number]] || geogrid.table.grids[number] });
  };

  var views = {
    households: function () {
      var table = geogrid.table, counts = geogrid.counts(), all = table.status.length;
      var far = geogrid.farthest(FARTHEST);
      return [
        geogrid.town.sample ? h("p", { class: "banner" }, t("sampleNote")) : null,
        h("section", {}, h("p", { class: "pick" }, t("pick"))),
        section(geogrid.title(geogrid.service().name), geogrid.state.when === "later" ? t("withLater") : t("atLatest"),
          h("ul", { class: "counts" }, table.statuses.map(function (status, i) {
            return h("li", {}, dot(status), h("span", { class: "what" }, t("status_" + status)), h("b", {}, geogrid.number(counts[i])),
              h("span", { class: "part" }, all ? geogrid.percent(Math.round(10000 * counts[i] / all)) : ""));
          })),
          note(modeLine())),
        section(t("farthest"), t("farthestHint"), far.length ? h("ul", { class: "list" }, far.map(function (i) {
          return h("li", {}, h("button", { type: "button", onclick: function () { geogrid.choose(i, { zoom: true }); } },
            dot(table.statuses[table.status[i]]), h("span", { class: "what" }, h("b", {}, table.id[i]), h("small", {}, geogrid.gridNameOf(i))), h("span", { class: "figure" }, minutesOf(i))));
        })) : note(t("noneFar"))),
      ];
    },
    layers: function () {
      var rows = [{ key: "households", label: { zh: "", en: "" } }].concat(geogrid.data.layers);
      return section(t("layers"), null, h("div", { class: "checks" }, rows.map(function (layer) {
        var box = h("input", { type: "checkbox", onchange: function (event) {
          var layers = Object.assign({}, geogrid.state.layers);
          layers[layer.key] = event.target.checked;
          geogrid.set({ layers: layers });
        } });
        box.checked = geogrid.state.layers[layer.key];
        return h("label", {}, box, h("span", {}, layer.key === "households" ? t("households") : pick(layer.label)));
      })));
    },
    about: function () {
      return [
        section(t("how"), null, h("p", {}, t("howText")), note(modeLine())),
        section(t("privacy"), null, h("p", {}, t("privacyText")), note(t("staffNote"))),
        h("section", {}, h("button", { type: "button", class: "more", onclick: geogrid.leave }, t("leave"))),
      ];
    },
  };

  // A household
  function householdView() {
    var i = geogrid.state.chosen, shown = geogrid.state.explanation, table = geogrid.table, status = table.statuses[table.status[i]];
    return [
      h("div", { class: "detail" },
        h("button", { type: "button", class: "back", onclick: function () { geogrid.set({ chosen: null }); } }, "← " + t("close")),
        h("h2", {}, table.id[i]),
        h("p", { class: "where" }, geogrid.gridNameOf(i) + " · " + geogrid.title(geogrid.service().name))),
      h("p", { class: "verdict " + status }, dot(status), h("span", {}, h("b", {}, t("status_" + status)), shown ? h("span", { class: "why" }, reason(shown)) : null)),
      geogrid.state.trouble ? h("p", { class: "banner", role: "alert" }, geogrid.state.trouble) : !shown ? note(t("opening")) : waysView(shown),
      note(modeLine() + (geogrid.lang === "zh" ? "，" : ", ") + (geogrid.state.when === "later" ? t("withLater") : t("atLatest"))),
    ];
  }
  function reason(shown) {
    var text = shown.reason[geogrid.lang];
    return geogrid.lang === "zh" ? text : text.charAt(0).toUpperCase() + text.slice(1);
  }
  function waysView(shown) {
    if (!shown.ways.length) return note(t("noWays"));
    var title = shown.ways.length === 1 ? t("nearestOne") : t("nearest", { n: shown.ways.length });
    return section(title, null, h("ul", { class: "list ways" }, shown.ways.map(function (way, number) {
      var current = number === geogrid.state.way;
      return h("li", { class: current ? "current" : "" },
        h("button", { type: "button", "aria-expanded": String(current), onclick: function () { geogrid.set({ way: number }); geogrid.revealWay(number); } },
          h("span", { class: "rank" }, number + 1),
          h("span", { class: "what" }, h("b", {}, way.name),
            h("small", {}, t("wayLine", { metres: geogrid.distance(way.metres), straight: geogrid.distance(way.straight_m) })),
            way.ratio === null ? null : h("small", {}, t("ratio", { n: way.ratio.toFixed(2) }))),
          h("span", { class: "figure" }, t("minutes", { n: way.minutes.toFixed(1) }))),
        current ? partsOf(way) : null);
    })));
  }
  function partsOf(way) {
    return h("div", { class: "parts" }, h("table", {}, h("caption", { class: "unseen" }, t("legs")), h("tbody", {}, way.legs.map(function (leg) {
      return h("tr", {}, h("td", {}, stroke(leg.kind === "along" ? "along" : "straight")), h("th", { scope: "row" }, t("leg_" + leg.kind)),
        h("td", { class: "num" }, short(leg.metres)), h("td", { class: "num" }, t("minutes", { n: leg.minutes.toFixed(1) })));
    }))), streetsOf(way));
  }
  function short(metres) { return metres < 1000 ? t("metres", { n: geogrid.number(metres, 0) }) : geogrid.distance(metres); }
  // Streets by name; unnamed ones in a row count as one.
  function streetsOf(way) {
    var rows = [];
    way.streets.forEach(function (street) {
      var last = rows[rows.length - 1];
      if (last && last.name === street.name) last.metres += street.metres;
      else rows.push({ name: street.name, metres: street.metres });
    });
    if (!rows.length) return null;
    return [h("h4", {}, t("streetsPassed")), h("ol", { class: "streets" }, rows.slice(0, STREETS).map(function (row) {
      return h("li", {}, h("span", { class: row.name ? "what" : "what unnamed" }, row.name || t("unnamed")), h("span", { class: "num" }, short(row.metres)));
    })), rows.length > STREETS ? note(t("moreStreets", { n: rows.length - STREETS })) : null];
  }

  // One tooltip for what is under the pointer.
  geogrid.tipOf = function (thing) {
    if (thing.facility) {
      var p = thing.facility.properties;
      return h("div", {}, h("b", {}, p.name || p.facility_id), h("span", {}, geogrid.title(geogrid.service().name)));
    }
    return h("div", {}, h("b", {}, geogrid.table.id[thing.household]), h("span", {}, t("status_" + geogrid.table.statuses[geogrid.table.status[thing.household]]) + " · " + minutesOf(thing.household)), h("span", {}, geogrid.gridNameOf(thing.household)));
  };

  geogrid.tipOfFeature = function (layer, properties) {
    var lines = layer.title.map(function (name) { return properties[name === "note" ? "note_" + geogrid.lang : name]; }).filter(Boolean);
    return h("div", {}, h("b", {}, lines[0]), lines.slice(1).map(function (line) { return h("span", {}, line); }));
  };

  geogrid.settle = function () {
    if (!document.body.classList.contains("open")) document.documentElement.style.setProperty("--dock", byId("dock").offsetHeight + "px");
  };
})();
