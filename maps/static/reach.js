// The page of reach: bands of equal time to a service or to one facility and, in the office, catchments.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, layers = data.layers, shapes = geogrid.shapes, lines = data.style.lines;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, pick = geogrid.pick, number = geogrid.number;
  var TABS = ["picture", "about"];
  var HECTARE = 1e4, KM2 = 1e6;
  var phone = window.matchMedia("(max-width: 760px)");
  var state = { service: data.service, facility: -1, tab: "picture", open: false, catchments: Boolean(data.catchments) };
  var places = geogrid.points(layers.facilities.points);
  var map, canvases = {}, groups = {}, tooltip, started = false;

  // What is chosen
  function serviceIndex() { return data.services.findIndex(function (s) { return s.id === state.service; }); }
  function service() { return data.services[serviceIndex()]; }
  function facilities() {
    var s = serviceIndex();
    return layers.facilities.id.map(function (_, i) { return i; }).filter(function (i) { return layers.facilities.services[i].indexOf(s) >= 0; });
  }
  // Facilities of the service with bands of their own.
  function drawnAlone() { return facilities().filter(function (i) { return bandsOf(serviceIndex(), i).length; }); }
  function bandsOf(s, facility) {
    var found = [];
    layers.bands.service.forEach(function (of, i) { if (of === s && layers.bands.facility[i] === facility) found.push(i); });
    return found;
  }
  function shown() { return bandsOf(serviceIndex(), state.facility); }
  function catchmentsShown() {
    if (!data.catchments || !state.catchments) return [];
    return layers.catchments.service.map(function (_, i) { return i; }).filter(function (i) { return layers.catchments.service[i] === serviceIndex(); });
  }
  function facilityName(i) { return layers.facilities.name[i]; }
  function minutes(value) { return number(value, 1); }
  function bandName(i) {
    var from = layers.bands.from[i], to = minutes(layers.bands.minutes[i]);
    return from ? t("band", { from: minutes(from), to: to }) : t("first", { to: to });
  }
  function colour(i) { return data.colours[data.minutes.indexOf(layers.bands.minutes[i])]; }
  function seen(value) {
    var faded = value + ("0" + Math.round(255 * lines.band.fillOpacity).toString(16)).slice(-2);
    return "linear-gradient(" + faded + ", " + faded + "), var(--land)";
  }
  function hectares(m2) { return number(m2 / HECTARE, 2); }

  function set(changes) {
    Object.assign(state, changes);
    if (changes.service) state.facility = -1;
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      drawChrome();
    }
    draw();
    drawSwitches();
    drawLegend();
    drawPanel();
    remember();
  }

  // Map
  function path(kind, canvas, more) {
    return Object.assign({ interactive: false, renderer: canvases[canvas], smoothFactor: 0 }, lines[kind], more);
  }
  var Facility = L.CircleMarker.extend({
    _updatePath: function () {
      var options = this.options;
      if (this._renderer._drawing && !this._empty()) geogrid.paintSymbol(this._renderer._ctx, this._point.x, this._point.y, options.size, options.symbol, options.hollow);
    },
  });
  function isTooFar(i) { return layers.facilities.unreached[i].indexOf(serviceIndex()) >= 0; }
  function isPlanned(i) { return data.laterStatuses.indexOf(layers.facilities.status[i]) >= 0; }
  function draw() {
    groups.bands.clearLayers();
    shown().forEach(function (i) {
      if (shapes.bands[i].length) groups.bands.addLayer(L.polygon(shapes.bands[i], path("band", "fill", { fill: true, fillColor: colour(i) })));
    });
    groups.top.clearLayers();
    catchmentsShown().forEach(function (i) {
      ["catchment_halo", "catchment"].forEach(function (kind) { groups.top.addLayer(L.polygon(shapes.catchments[i], path(kind, "top"))); });
    });
    facilities().forEach(function (i) {
      var chosen = state.facility === i, away = state.facility >= 0 && !chosen;
      groups.top.addLayer(new Facility(places[i], path("band", "top", { radius: 12, size: (chosen ? 9 : away ? 4 : 6.5) * (phone.matches ? 0.75 : 1), symbol: service(), hollow: isPlanned(i) })));
    });
  }
  function fixed() {
    ["path", "minor", "major"].filter(function (kind) { return layers.streets[kind]; }).forEach(function (kind) {
      L.polyline(geogrid.lines(layers.streets[kind]), path(data.style.streets[kind], "streets", { smoothFactor: 1 })).addTo(map);
    });
    shapes.areas.forEach(function (shape) { L.polygon(shape, path("area", "streets")).addTo(map); });
  }
  function padding() {
    var room = map.getContainer().getBoundingClientRect(), dock = byId("dock").getBoundingClientRect();
    if (phone.matches) return { paddingTopLeft: [14, 14], paddingBottomRight: [14, Math.min(room.bottom - dock.top, room.height * 0.7) + 14] };
    return { paddingTopLeft: [24, 64], paddingBottomRight: [64, Math.min(room.bottom - byId("legend").getBoundingClientRect().top + 14, room.height / 2)] };
  }
  function fit() {
    var box = L.latLngBounds([]);
    // The service as a whole: choosing a facility does not move the map.
    bandsOf(serviceIndex(), -1).forEach(function (i) { if (shapes.bands[i].length) box.extend(L.polygon(shapes.bands[i]).getBounds()); });
    shapes.areas.forEach(function (shape) { if (shape.length) box.extend(L.polygon(shape).getBounds()); });
    places.forEach(function (place) { if (!box.isValid()) box.extend(place); });
    if (box.isValid()) map.fitBounds(box, Object.assign({ animate: false }, padding()));
  }

  // What is under the pointer
  function facilityAt(place, reach) {
    var at = map.latLngToContainerPoint(place), best = -1;
    facilities().forEach(function (i) {
      var away = map.latLngToContainerPoint(places[i]).distanceTo(at);
      if (away <= reach) { reach = away; best = i; }
    });
    return best;
  }
  // Where a facility is on the screen, in pixels of the map.
  geogrid.screenOf = function (i) {
    var point = map.latLngToContainerPoint(places[i]);
    return [point.x, point.y];
  };
  function tip(place) {
    var found = facilityAt(place, 11);
    if (found >= 0) {
      var status = data.style.statuses[layers.facilities.status[found]];
      return h("span", {}, h("b", {}, facilityName(found)), status ? h("span", {}, pick(status)) : null,
        isTooFar(found) ? h("span", {}, t("tooFar")) : state.facility !== found && bandsOf(serviceIndex(), found).length ? h("span", {}, t("clickAlone")) : null);
    }
    var band = shown().find(function (i) { return geogrid.inside(shapes.bands[i], place); });
    var catchment = catchmentsShown().find(function (i) { return geogrid.inside(shapes.catchments[i], place); });
    if (band === undefined && catchment === undefined) return null;
    return h("span", {}, band === undefined ? null : h("b", {}, bandName(band)),
      catchment === undefined ? null : h("span", {}, t("catchmentTip", { name: layers.catchments.name[catchment], agreeing: percent(layers.catchments.agreeing[catchment]) })));
  }
  function percent(share) { return share === null ? "—" : geogrid.percent(share); }
  function onMove(event) {
    var content = tip(event.latlng);
    map.getContainer().classList.toggle("pointing", facilityAt(event.latlng, 11) >= 0);
    if (content) tooltip.setContent(content).setLatLng(event.latlng).openOn(map);
    else tooltip.close();
  }
  function onClick(event) {
    var found = facilityAt(event.latlng, phone.matches ? 22 : 11);
    if (found >= 0 && bandsOf(serviceIndex(), found).length) {
      set({ facility: state.facility === found ? -1 : found });
      byId("news").textContent = facilityName(found);
    } else if (phone.matches) onMove(event);
  }

  // Around the map
  function radio(group, value, label, change) {
    return h("label", {}, h("input", { type: "radio", name: group, value: value, onchange: change }), h("span", {}, label));
  }
  function keepLegend(fieldset, children) { geogrid.replace(fieldset, fieldset.querySelector("legend"), children); }
  function drawChrome() {
    var place = data.place ? pick(data.place) : "", title = t(data.staff ? "titleStaff" : "title");
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    document.title = (place ? place + " · " : "") + title;
    geogrid.replace(byId("title"), place ? h("strong", {}, place) : null, h("span", {}, title));
    byId("sample").hidden = !data.sample;
    byId("sample").textContent = t("sample");
    byId("office").hidden = !data.staff;
    byId("office").textContent = t("office");
    byId("credit").textContent = [data.osm ? t("osm") : "", t("madeWith", { version: data.version })].filter(Boolean).join(" · ");
    document.querySelectorAll("[data-t]").forEach(function (element) { element.textContent = t(element.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (element) { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    map.getContainer().setAttribute("aria-label", t("map"));
    map.getContainer().setAttribute("role", "application");
    geogrid.nameControls();
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) {
      return radio("lang", lang, lang === "zh" ? "中文" : "EN", function () { set({ lang: lang }); });
    }));
    keepLegend(byId("services"), data.services.map(function (s) {
      return radio("service", s.id, [geogrid.symbolPicture(s), geogrid.title(s.name)], function () { set({ service: s.id }); });
    }));
  }
  function drawSwitches() {
    [["service", state.service], ["lang", geogrid.lang]].forEach(function (pair) {
      document.querySelectorAll("input[name=" + pair[0] + "]").forEach(function (input) {
        if (input.value !== pair[1]) input.checked = false;
        else if (!input.checked) {
          input.checked = true;
          input.parentNode.scrollIntoView({ block: "nearest", inline: "nearest" });
        }
      });
    });
  }
  function swatch(style, kind) {
    var box = h("i", { class: "swatch " + (kind || "") });
    Object.assign(box.style, style);
    return box;
  }
  function drawLegend() {
    var last = minutes(data.minutes[data.minutes.length - 1]);
    geogrid.replace(byId("legend"),
      h("h2", {}, t("legendTitle", { service: geogrid.title(service().name), mode: pick(service().mode), facility: state.facility < 0 ? t("nearest") : facilityName(state.facility) })),
      h("ul", { class: "bands" },
        shown().map(function (i) { return h("li", {}, swatch({ background: seen(colour(i)) }), h("span", {}, bandName(i))); }),
        h("li", { class: "beyond" }, swatch({ background: "var(--land)" }), h("span", {}, t("beyond", { to: last, snap: number(data.snap) })))),
      h("ul", { class: "signs" },
        h("li", {}, geogrid.symbolPicture(service()), h("span", {}, t("built"))),
        facilities().some(isPlanned) ? h("li", {}, geogrid.symbolPicture(service(), true), h("span", {}, t("planned"))) : null,
        catchmentsShown().length ? h("li", { class: "key" }, swatch({}, "line"), h("span", {}, t("catchmentSign"))) : null));
    byId("legend").setAttribute("aria-label", t("legend"));
  }

  // Panel
  function section(title) {
    return h("section", {}, h("h3", {}, title), Array.prototype.slice.call(arguments, 1));
  }
  function note(text) { return h("p", { class: "note" }, text); }
  function picker() {
    var alone = drawnAlone();
    if (!alone.length) return section(t("facility"), note(t("onlyWhole")));
    var select = h("select", { id: "facility", "aria-label": t("facility"), onchange: function () { set({ facility: Number(select.value) }); } },
      [-1].concat(alone).map(function (i) { return h("option", { value: i, selected: i === state.facility }, i < 0 ? t("everyFacility") : facilityName(i)); }));
    return section(t("facility"), select, note(t(state.facility >= 0 && isTooFar(state.facility) ? "tooFar" : "pickHint")));
  }
  function areas() {
    var sum = 0;
    return section(t("areas"), h("table", { class: "reach" }, h("tbody", {}, shown().map(function (i) {
      sum += layers.bands.area[i];
      return h("tr", {}, h("th", { scope: "row" }, swatch({ background: seen(colour(i)) }), t("within", { to: minutes(layers.bands.minutes[i]) })),
        h("td", {}, sum ? t("squareKm", { n: number(sum / KM2, 2) }) : t("nothing")));
    }))));
  }
  function agreement() {
    if (!layers.bands.wrong) return null;
    var rows = shown();
    return section(t("agreement"), h("table", { class: "reach" }, h("tbody", {}, rows.map(function (i) {
      var wrong = layers.bands.wrong[i];
      return h("tr", {}, h("th", { scope: "row" }, t("within", { to: minutes(layers.bands.minutes[i]) })),
        h("td", {}, t("agreementTotal", { n: number(wrong[0] + wrong[1]), share: percent(wrong[2]) }),
          h("small", {}, t("agreementRow", { inside: number(wrong[0]), outside: number(wrong[1]) }))));
    }))));
  }
  function catchments() {
    if (!data.catchments) return null;
    var rows = layers.catchments, s = serviceIndex();
    var own = rows.service.map(function (_, i) { return i; }).filter(function (i) { return rows.service[i] === s; });
    var box = h("input", { type: "checkbox", onchange: function () { set({ catchments: box.checked }); } });
    box.checked = state.catchments;
    return section(t("catchments"), h("div", { class: "checks" }, h("label", {}, box, h("span", {}, t("showCatchments")))),
      note(t("catchmentsHint", { over: t("over_" + data.catchments) })),
      h("ul", { class: "list" }, own.map(function (i) {
        var patch = shapes.catchments[i].length > 0;
        return h("li", {}, h("button", { type: "button", onclick: function () { choose(rows.facility[i]); } },
          h("span", { class: "what" }, h("b", {}, rows.name[i]), h("small", {}, t("catchmentRow", { households: number(rows.households[i]), persons: number(rows.persons[i]), agreeing: patch ? percent(rows.agreeing[i]) : t("noPatch") })))));
      })));
  }
  function choose(facility) {
    if (facility >= 0 && bandsOf(serviceIndex(), facility).length) set({ facility: facility, open: !phone.matches });
  }
  var views = {
    picture: function () { return [h("p", { class: "banner" }, t("isPicture")), picker(), areas(), agreement(), catchments()]; },
    about: function () {
      var islands = 0, holes = 0;
      shown().forEach(function (i) { islands += layers.bands.islands[i]; holes += layers.bands.holes[i]; });
      return [h("p", { class: "banner" }, t("isPicture")),
        section(t("method"), h("p", {}, t("methodText", { spacing: number(service().spacing, 0), snap: number(data.snap) })),
          h("p", {}, t("cleaning", { tolerance: number(data.drawing.tolerance_m, 1), island: hectares(data.drawing.min_island_m2), hole: hectares(data.drawing.min_hole_m2) })),
          h("p", {}, t("cleaned", { islands: number(islands), holes: number(holes) })),
          h("p", {}, t("speed", { mode: pick(service().mode), pace: pick(service().pace) }) + " " + t("direction"))),
        data.notes.length ? section(t("notes"), h("ul", { class: "plain" }, data.notes.map(function (n) { return h("li", {}, pick(n)); }))) : null,
        section(t("data"), h("ul", { class: "plain" }, [data.osm ? t("osmLong") : "", t(data.staff ? "staffText" : "publicText"), t("noBasemap")].filter(Boolean).map(function (line) { return h("li", {}, line); })))];
    },
  };
  function drawPanel() {
    var folded = phone.matches && !state.open, focus = document.activeElement ? document.activeElement.id : "";
    document.body.classList.toggle("open", phone.matches && state.open);
    geogrid.replace(byId("tabs"), TABS.map(tabButton), phone.matches && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { set({ open: false }); } }, "×") : null);
    byId("view").hidden = folded;
    if (!folded) geogrid.replace(byId("view"), views[state.tab]());
    if (focus && byId(focus)) byId(focus).focus({ preventScroll: true });
    settle();
  }
  function tabButton(tab, i) {
    var current = state.tab === tab && (state.open || !phone.matches);
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || (i === 0 && phone.matches && !state.open) ? "0" : "-1",
      onclick: function () { set({ tab: tab, open: !(phone.matches && current) }); },
      onkeydown: function (event) {
        if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
        event.preventDefault();
        byId("tab-" + TABS[(i + 1) % TABS.length]).focus();
        byId("tab-" + TABS[(i + 1) % TABS.length]).click();
      },
    }, t(tab));
  }
  function settle() {
    if (!document.body.classList.contains("open")) document.documentElement.style.setProperty("--dock", byId("dock").offsetHeight + "px");
  }

  // Choices in the address: #service=…&facility=…&lang=…
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
    if (data.services.some(function (s) { return s.id === wanted.service; })) changes.service = wanted.service;
    set(changes);
    var facility = layers.facilities.id.indexOf(wanted.facility);
    if (drawnAlone().indexOf(facility) >= 0) set({ facility: facility });
  }
  function remember() {
    if (!started) return;
    var parts = ["service=" + encodeURIComponent(state.service), "lang=" + geogrid.lang];
    if (state.facility >= 0) parts.push("facility=" + encodeURIComponent(layers.facilities.id[state.facility]));
    try {
      window.history.replaceState(null, "", "#" + parts.join("&"));
    } catch (error) {
      // A sandboxed frame may not change its address; the map works without.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  geogrid.start = function () {
    map = L.map("reach", { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 7, maxZoom: 19, wheelPxPerZoomLevel: 90 });
    map.setView([0, 0], 8);
    ["fill", "streets", "top"].forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    geogrid.addControls(map, fit);
    fixed();
    groups = { bands: L.layerGroup().addTo(map), top: L.layerGroup().addTo(map) };
    tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    drawChrome();
    map.on("mousemove", onMove).on("mouseout", function () { tooltip.close(); }).on("click", onClick);
    recall();
    fit();
    started = true;
    window.addEventListener("hashchange", recall);
    phone.addEventListener("change", function () { set({}); });
    new ResizeObserver(settle).observe(byId("dock"));
    document.body.setAttribute("data-ready", "true");
  };
})();
