// What stands around the map of street data: kinds, legend, the list of findings, details, and what follows from a choice.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, streets = data.layers.streets, findings = data.layers.findings;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, pick = geogrid.pick, number = geogrid.number;
  var TABS = ["findings", "overview", "about"];
  var LONG = 60, SHORT = 8, ROADS = 6;
  var phone = window.matchMedia("(max-width: 760px)");
  geogrid.isPhone = function () { return phone.matches; };
  var state = (geogrid.state = { tab: "findings", open: false, chosen: null, use: 0, kinds: {} });
  var counts = data.kinds.map(function (_, k) { return findings.kind.filter(function (kind) { return kind === k; }).length; });
  var onlyHidden = data.kinds.every(function (kind, k) { return !kind.show || !counts[k]; });
  data.kinds.forEach(function (kind) { state.kinds[kind.id] = kind.show || onlyHidden; });
  var tooltip;

  function set(changes) {
    var before = Object.assign({}, state);
    Object.assign(state, changes);
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      drawChrome();
    }
    if (state.use !== before.use) geogrid.drawStreets();
    if (changes.kinds) {
      geogrid.forgetShown();
      geogrid.drawFindings();
    } else if (state.chosen !== before.chosen) geogrid.outline();
    drawSwitches();
    drawLegend();
    drawPanel();
  }

  // Words
  function metres(decimetres) { return geogrid.distance(decimetres / 10); }
  function people(i) {
    return [t("households", { n: number(findings.households[i]) }), t("persons", { n: number(findings.persons[i]) })].join(" · ");
  }
  function streetName(s) { return streets.name[s] || t("unnamed", { id: streets.id[s] }); }
  function roadsOf(i) {
    var names = findings.streets[i].map(streetName).filter(function (name, k, all) { return all.indexOf(name) === k; });
    var glue = geogrid.lang === "zh" ? "、" : ", ";
    return names.length > ROADS ? t("manyStreets", { first: names.slice(0, 3).join(glue), n: number(names.length) }) : names.join(glue);
  }
  function lengthLabel(i) {
    return { piece: "pieceLength", near_miss: "gap", bare: "medianAway", unused: "streetLength" }[geogrid.kindOf(i).id];
  }
  function useTitle() {
    if (!state.use) return data.services.length > 1 ? t("useAll") : useOf(0);
    return useOf(state.use - 1);
  }
  function useOf(s) { return data.services.length ? t("useService", { service: geogrid.pick(data.services[s].name) }) : t("useOf"); }

  // Around the map
  function box(type, name, value, label, checked, change) {
    var input = h("input", { type: type, name: name, value: value, onchange: function () { change(input); } });
    input.checked = checked;
    return h("label", {}, input, h("span", {}, label));
  }
  function keepLegend(fieldset, children) { geogrid.replace(fieldset, fieldset.querySelector("legend"), children); }
  function drawChrome() {
    var place = data.place ? pick(data.place) : "";
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    document.title = (place ? place + " · " : "") + t("title");
    geogrid.replace(byId("title"), place ? h("strong", {}, place) : null, h("span", {}, t("title")));
    byId("sample").hidden = !data.sample;
    byId("sample").textContent = t("sample");
    byId("office").textContent = t("office");
    byId("credit").textContent = [data.osm ? t("osm") : "", t("madeWith", { version: data.version })].filter(Boolean).join(" · ");
    document.querySelectorAll("[data-t]").forEach(function (element) { element.textContent = t(element.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (element) { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    geogrid.leaflet.getContainer().setAttribute("aria-label", t("map"));
    geogrid.leaflet.getContainer().setAttribute("role", "application");
    geogrid.nameControls();
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) {
      return box("radio", "lang", lang, lang === "zh" ? "中文" : "EN", geogrid.lang === lang, function () { set({ lang: lang }); });
    }));
    keepLegend(byId("kinds"), data.kinds.map(function (kind, k) {
      return box("checkbox", "kind", kind.id, [geogrid.symbolPicture(kind), pick(kind.name), h("span", { class: "count" }, number(counts[k]))], state.kinds[kind.id], function (input) {
        var changed = {};
        changed[kind.id] = input.checked;
        set({ kinds: Object.assign({}, state.kinds, changed), chosen: null });
      });
    }));
    drawPick();
  }
  function drawPick() {
    if (data.services.length < 2) return;
    var select = h("select", { "aria-label": t("useOf"), onchange: function () { set({ use: Number(select.value) }); } },
      [t("everyService")].concat(data.services.map(function (s) { return geogrid.title(s.name); })).map(function (name, i) {
        return h("option", { value: i, selected: i === state.use }, t("useOf") + (geogrid.lang === "zh" ? "：" : ": ") + name);
      }));
    geogrid.replace(byId("pick"), select);
  }
  function drawSwitches() {
    document.querySelectorAll("input[name=lang]").forEach(function (input) { input.checked = input.value === geogrid.lang; });
    document.querySelectorAll("input[name=kind]").forEach(function (input) { input.checked = state.kinds[input.value]; });
  }
  function classLabel(i) {
    var rows = data.style.classes, next = rows[i + 1];
    if (!i) return t("nobody");
    return next ? number(rows[i].least) + "–" + number(next.least - 1) : "≥" + number(rows[i].least);
  }
  function drawLegend() {
    geogrid.replace(byId("legend"),
      h("h2", {}, useTitle()),
      h("ul", { class: "uses" }, data.style.classes.map(function (row, i) {
        var line = h("i", { class: "swatch" });
        line.style.borderTopColor = row.colour;
        line.style.borderTopWidth = row.weight * 1.3 + "px";
        return h("li", {}, line, h("span", {}, classLabel(i)));
      }), h("li", {}, h("i", { class: "dot" }), h("span", {}, t("facility")))));
    byId("legend").setAttribute("aria-label", t("legend"));
  }

  // Panel
  function section(title, hint) {
    return h("section", {}, h("h3", {}, title, hint ? h("small", {}, hint) : null), Array.prototype.slice.call(arguments, 2));
  }
  function note(text) { return text ? h("p", { class: "note" }, text) : null; }
  function listed(things, make, empty, long) {
    if (!things.length) return note(empty);
    var list = h("ul", { class: "list" }, things.slice(0, long).map(make)), shown = long;
    var more = h("button", { type: "button", class: "more", onclick: function () {
      var first = things.slice(shown, (shown += long)).map(make).map(function (made) { return list.appendChild(made); })[0];
      first.firstChild.focus();
      label();
    } });
    function label() {
      more.hidden = shown >= things.length;
      more.textContent = t("more", { n: number(things.length - shown) });
    }
    label();
    return [list, more];
  }
  function pairs(rows) {
    return h("dl", { class: "pairs" }, rows.filter(function (row) { return row && row[1] !== ""; }).map(function (row) { return h("div", {}, h("dt", {}, row[0]), h("dd", {}, row[1])); }));
  }
  function choose(thing, options) {
    set({ chosen: thing, open: !phone.matches || Boolean(options && options.open) });
    byId("news").textContent = thing.kind === "street" ? streetName(thing.index) : pick(geogrid.kindOf(thing.index).name);
    if (options && options.open && phone.matches) geogrid.reveal(thing, options.place);
    if (options && options.zoom) {
      geogrid.zoomTo(thing);
      if (thing.kind === "finding") say(findingTip(thing.index), geogrid.marks[thing.index]);
    }
  }
  function order(a, b) { return findings.households[b] - findings.households[a] || findings.kind[a] - findings.kind[b] || a - b; }
  function findingItem(i) {
    var kind = geogrid.kindOf(i), size = findings.metres[i];
    var figure = size === null ? "" : t(lengthLabel(i)) + " " + metres(size);
    return h("li", {}, h("button", { type: "button", onclick: function () { choose({ kind: "finding", index: i }, { zoom: true }); } },
      geogrid.symbolPicture(kind),
      h("span", { class: "what" }, h("b", {}, pick(kind.name) + (findings.households[i] ? " · " + people(i) : "")), h("small", {}, roadsOf(i)), h("small", {}, figure)),
      h("span", { class: "go" }, t("showMe"))));
  }
  function streetItem(s) {
    return h("li", {}, h("button", { type: "button", onclick: function () { choose({ kind: "street", index: s }, { zoom: true }); } },
      h("span", { class: "what" }, h("b", {}, streetName(s)), h("small", {}, [t("households", { n: number(streets.ways[state.use][s]) }), metres(streets.metres[s])].join(" · "))),
      h("span", { class: "go" }, t("showMe"))));
  }
  function tally() {
    return h("ul", { class: "tally" }, data.kinds.map(function (kind, k) {
      return h("li", {}, geogrid.symbolPicture(kind), h("span", { class: "what" }, pick(kind.name), h("small", {}, pick(kind.why))), h("strong", {}, number(counts[k])));
    }));
  }
  var views = {
    findings: function () {
      var shown = findings.kind.map(function (_, i) { return i; }).filter(geogrid.isShown).sort(order);
      var hidden = findings.kind.length - shown.length;
      return [note(t("chooseHint")),
        section(t("findings"), t("sorted"), listed(shown, findingItem, t("none"), LONG), hidden ? note(t("hidden", { n: number(hidden) })) : null),
        note(t("suspect"))];
    },
    overview: function () {
      var sum = data.totals;
      var busiest = streets.id.map(function (_, i) { return i; }).filter(function (i) { return streets.ways[state.use][i]; })
        .sort(function (a, b) { return streets.ways[state.use][b] - streets.ways[state.use][a] || a - b; }).slice(0, SHORT);
      return [
        section(t("totals"), "", pairs([
          [t("totalStreets"), geogrid.distance(sum.street_m)],
          [t("totalPieces"), number(sum.pieces)],
          [t("onLargest"), t("households", { n: number(sum.on_largest) }) + (sum.households ? " (" + geogrid.percent(Math.floor((sum.on_largest / sum.households) * 10000)) + ")" : "")],
          [t("deadEnds"), number(sum.dead_ends)],
          [t("unreached"), t("households", { n: number(sum.unreached) })],
          sum.blocked_m ? [t("blocked"), geogrid.distance(sum.blocked_m)] : null,
          sum.blocked_m ? [t("onBlocked"), t("households", { n: number(sum.on_blocked) })] : null,
        ])),
        section(t("byKind"), "", tally()),
        busiest.length ? section(t("busiest"), "", note(useTitle()), listed(busiest, streetItem, "", SHORT)) : null,
      ];
    },
    about: function () {
      return [
        section(t("method"), "", tally(), h("p", {}, t("suspect"))),
        section(t("useOf"), "", h("p", {}, t("useMethod"))),
        data.notes.length ? section(t("notes"), "", h("ul", { class: "plain" }, data.notes.map(function (text) { return h("li", {}, pick(text)); }))) : null,
        section(t("data"), "", h("ul", { class: "plain" }, [t("staffText"), t("noRows"), t("noBasemap"), data.osm ? t("osmLong") : ""].filter(Boolean).map(function (line) { return h("li", {}, line); }))),
        note(t("madeWith", { version: data.version })),
      ];
    },
  };
  function detail(chosen) {
    var i = chosen.index, isStreet = chosen.kind === "street";
    var back = h("button", { type: "button", class: "back", onclick: function () { set({ chosen: null }); } }, "‹ ", t("close"));
    var go = h("p", {}, h("button", { type: "button", class: "more", onclick: function () { choose(chosen, { zoom: true }); } }, t("showMe")));
    if (isStreet) {
      return [h("header", { class: "detail" }, back, h("h2", {}, streetName(i)), h("p", { class: "where" }, t("street") + " · " + streets.id[i])),
        pairs([[t("streetLength"), metres(streets.metres[i])], [t("homes"), t("households", { n: number(streets.homes[i]) })]]),
        section(t("ways"), "", pairs(data.services.map(function (s, k) { return [geogrid.title(s.name), number(streets.ways[k + 1][i])]; }))), go];
    }
    var kind = geogrid.kindOf(i);
    return [h("header", { class: "detail" }, back, h("h2", {}, geogrid.symbolPicture(kind), pick(kind.name)), h("p", { class: "where" }, findings.id[i])),
      h("p", {}, pick(kind.why)),
      pairs([
        kind.id === "unused" ? null : [t("affected"), findings.households[i] || kind.id === "piece" ? people(i) : t("nobodyApart")],
        findings.metres[i] === null ? null : [t(lengthLabel(i)), metres(findings.metres[i])],
        [t("streets"), roadsOf(i)],
      ]), go];
  }
  function drawPanel() {
    var folded = phone.matches && !state.open, view = byId("view");
    document.body.classList.toggle("open", phone.matches && state.open);
    geogrid.replace(byId("tabs"), TABS.map(tabButton), phone.matches && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { set({ open: false, chosen: null }); } }, "×") : null);
    view.hidden = folded;
    var key = state.chosen ? state.chosen.kind + state.chosen.index : state.tab;
    var moved = view.dataset.shows !== key, focused = view.contains(document.activeElement);
    // Back from details, the list stands where it was left.
    if (moved && view.dataset.shows === state.tab) view.dataset.left = view.scrollTop;
    view.dataset.shows = key;
    if (!folded) geogrid.replace(view, state.chosen ? detail(state.chosen) : views[state.tab]());
    if (moved) view.scrollTop = state.chosen ? 0 : Number(view.dataset.left) || 0;
    if (focused && !folded) view.focus({ preventScroll: true });
    settle();
  }
  function tabButton(tab, i) {
    var current = !state.chosen && state.tab === tab && (state.open || !phone.matches);
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || (i === 0 && (state.chosen || (phone.matches && !state.open))) ? "0" : "-1",
      onclick: function () {
        byId("view").dataset.left = 0;
        set({ tab: tab, chosen: null, open: !(phone.matches && current) });
        byId("tab-" + tab).focus();
      },
      onkeydown: function (event) {
        var step = { ArrowRight: 1, ArrowLeft: TABS.length - 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        byId("tab-" + TABS[(i + step) % TABS.length]).click();
      },
    }, t(tab));
  }
  function settle() {
    if (!document.body.classList.contains("open")) document.documentElement.style.setProperty("--dock", byId("dock").offsetHeight + "px");
  }

  // Tooltip and clicks
  function tip(lines) { return h("div", {}, h("b", {}, lines[0]), lines.slice(1).filter(Boolean).map(function (line) { return h("span", {}, line); })); }
  function findingTip(i) {
    return tip([pick(geogrid.kindOf(i).name), findings.households[i] ? people(i) : "", findings.metres[i] === null ? "" : t(lengthLabel(i)) + " " + metres(findings.metres[i]), roadsOf(i)]);
  }
  function tipOf(thing) {
    if (thing.kind === "finding") return findingTip(thing.index);
    return tip([streetName(thing.index), t("ways") + " " + number(streets.use[state.use][thing.stretch])]);
  }
  // Above the place where the map is narrow, and then moved sideways as far as it would leave the map.
  function say(content, place) {
    tooltip.options.direction = phone.matches ? "top" : "auto";
    tooltip.options.offset = L.point(phone.matches ? [0, -10] : [12, 0]);
    tooltip.setContent(content).setLatLng(place).openOn(geogrid.leaflet);
    if (!phone.matches) return;
    var at = tooltip.getElement().getBoundingClientRect(), map = geogrid.leaflet.getContainer().getBoundingClientRect();
    tooltip.options.offset = L.point(Math.max(0, map.left + 6 - at.left) - Math.max(0, at.right - map.right + 6), -10);
    tooltip.update();
  }
  function onMove(event) {
    var thing = geogrid.thingAt(event.latlng, 7), facility = thing && thing.kind === "finding" ? -1 : geogrid.facilityAt(event.latlng, 7);
    geogrid.leaflet.getContainer().classList.toggle("pointing", Boolean(thing));
    if (facility >= 0) say(tip([data.layers.facilities.name[facility], t("facility")]), event.latlng);
    else if (thing) say(tipOf(thing), event.latlng);
    else tooltip.close();
  }
  function onClick(event) {
    var thing = geogrid.thingAt(event.latlng, phone.matches ? 16 : 7);
    if (!thing) {
      tooltip.close();
      return set({ chosen: null, open: false });
    }
    choose({ kind: thing.kind, index: thing.index }, { open: true, place: event.latlng });
    if (phone.matches) tooltip.close();
    if (!phone.matches) say(tipOf(thing), event.latlng);
  }

  geogrid.start = function () {
    var map = geogrid.makeMap();
    geogrid.addControls(map, geogrid.fit);
    drawChrome();
    tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    set({});
    geogrid.fit();
    geogrid.drawStreets();
    geogrid.drawFindings();
    map.on("mousemove", onMove).on("mouseout", function () { tooltip.close(); }).on("click", onClick);
    phone.addEventListener("change", function () { set({}); });
    new ResizeObserver(settle).observe(byId("dock"));
    document.body.setAttribute("data-ready", "true");
  };
})();
