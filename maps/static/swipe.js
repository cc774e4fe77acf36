// The swipe map: the same place before and after, parted by a divider that mouse, touch and keyboard move.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, layers = data.layers, shapes = geogrid.shapes, lines = data.style.lines;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, number = geogrid.number;
  var SIDES = ["before", "after"], COLOURS = ["deviation", "grid"], TABS = ["changes", "about"];
  var STEP = 2, LEAP = 10, KNOB = 26;
  // How far down the knob stands: below the middle, where what a list zooms to is said.
  var LOW = 0.62;
  // Zoom levels that may be given up to show everything at first.
  var NEARLY = 1;
  var phone = window.matchMedia("(max-width: 760px)");
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  var state = (geogrid.state = { split: 50, colour: data.colour, tab: "changes", open: false, chosen: null });
  var map, canvases = {}, groups = {}, divider = {}, popup, tooltip, hatches, started = false;
  var shownLabels = {};

  // What is known of a grid: its place on either side, by id.
  var at = { before: Object.create(null), after: Object.create(null) };
  SIDES.forEach(function (side) { layers[side].id.forEach(function (id, i) { at[side][id] = i; }); });
  var rows = Object.create(null);
  layers.rows.forEach(function (row) { rows[row.id] = row; });
  geogrid.rowOf = function (id) { return rows[id]; };
  geogrid.titleOf = function (side) { return geogrid.pick(data.titles[side]); };
  // The name that a grid goes by: on the side asked for, else on the other.
  geogrid.gridName = function (id, side) {
    if (!id) return t("nobody");
    return (side ? [side] : ["after"]).concat(SIDES).reduce(function (name, each) {
      return name || (id in at[each] ? layers[each].name[at[each][id]] : "");
    }, "") || id;
  };
  geogrid.fromTo = function (from, to) {
    return t("fromTo", { from: geogrid.gridName(from, "before"), to: geogrid.gridName(to, "after") });
  };
  geogrid.landOf = function (m2) {
    if (m2 >= 1e6) return t("squareKm", { n: number(m2 / 1e6, 2) });
    return m2 >= 1e4 ? t("hectares", { n: number(m2 / 1e4, 1) }) : t("squareMetres", { n: number(m2) });
  };
  geogrid.signed = function (perMille) {
    return (perMille > 0 ? "+" : perMille < 0 ? "−" : "") + number(Math.abs(perMille) / 10, 1) + "%";
  };

  geogrid.set = function (changes) {
    var chosen = state.chosen;
    Object.assign(state, changes);
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      popup.remove();
      drawChrome();
    }
    if (changes.colour) restyle();
    if (state.chosen !== chosen) outline();
    part();
    drawSwitches();
    drawLegend();
    drawPanel();
    remember();
  };
  geogrid.isPhone = function () { return phone.matches; };

  // Colours
  function classOf(perMille) {
    var found = 0;
    data.style.classes.forEach(function (row, i) { if (row.from === null || (row.inclusive ? perMille >= row.from : perMille > row.from)) found = i; });
    return found;
  }
  // The fill of a grid: a colour, or null where its count is not known.
  geogrid.fillOf = function (side, i) {
    if (state.colour === "grid") return data.style.hues[layers[side].hue[i]];
    var value = layers[side].deviation[i];
    if (value !== null) return data.style.classes[classOf(value)].colour;
    return rows[layers[side].id[i]] ? null : data.style.same;
  };
  function isDrawn(colour) {
    return SIDES.some(function (side) { return shapes[side].some(function (_, i) { return geogrid.fillOf(side, i) === colour; }); });
  }
  function path(kind, canvas, more) {
    return Object.assign({ interactive: false, renderer: canvases[canvas], smoothFactor: 0 }, lines[kind], more);
  }
  // Stripes over what lies beneath, leaning the other way than those of grids without a count.
  function stripes() {
    var size = 9, tile = document.createElement("canvas"), context = tile.getContext("2d");
    tile.width = tile.height = size;
    context.strokeStyle = lines.moved.color;
    context.lineWidth = 2.2;
    for (var shift = -size; shift <= size; shift += size) {
      context.beginPath();
      context.moveTo(shift - 1, -1);
      context.lineTo(shift + size + 1, size + 1);
      context.stroke();
    }
    return context.createPattern(tile, "repeat");
  }

  // Layers: each side on a canvas of its own, which the divider cuts off; what both share on a third.
  function drawSides() {
    hatches = { unknown: geogrid.hatching(), moved: stripes() };
    SIDES.forEach(function (side) {
      groups[side] = shapes[side].map(function (shape) { return L.polygon(shape, path("grid", side, { fill: true })).addTo(map); });
      shapes.areas.forEach(function (shape) { L.polygon(shape, path("area", side)).addTo(map); });
      ["changed_halo", "changed"].forEach(function (kind) {
        shapes[side].forEach(function (shape, i) {
          if (layers[side].changed[i]) L.polygon(shape, path(kind, side)).addTo(map);
        });
      });
      groups[side + "Names"] = geogrid.labelLayer(map, labels(side), side + "Names").addTo(map);
    });
    ["path", "minor", "major"].filter(function (kind) { return layers.streets[kind]; }).forEach(function (kind) {
      L.polyline(geogrid.lines(layers.streets[kind]), path(data.style.streets[kind], "top", { smoothFactor: 1 })).addTo(map);
    });
    shapes.moved.forEach(function (shape) {
      L.polygon(shape, path("moved_halo", "top")).addTo(map);
      L.polygon(shape, path("moved", "top", { fill: true, fillColor: hatches.moved, fillOpacity: 1 })).addTo(map);
    });
    restyle();
  }
  function restyle() {
    SIDES.forEach(function (side) {
      groups[side].forEach(function (polygon, i) {
        polygon.setStyle({ fillColor: geogrid.fillOf(side, i) || hatches.unknown });
      });
    });
  }
  // Names of grids that change come first where there is not room for all.
  function labels(side) {
    var all = layers[side].name.map(function (name, i) {
      return { style: { size: 11, weight: 400, kind: side }, index: i, text: name };
    });
    shownLabels[side] = all.filter(function (label) { return shapes[side][label.index].length; }).sort(function (a, b) {
      return layers[side].changed[b.index] - layers[side].changed[a.index];
    });
    return shownLabels[side];
  }
  geogrid.labelsOf = function (side) { return shownLabels[side]; };
  geogrid.holds = function (kind, i, place) { return geogrid.inside(shapes[kind][i], place); };
  var outlines = [];
  function outline() {
    outlines.forEach(function (each) { each.remove(); });
    outlines = [];
    if (!state.chosen) return;
    SIDES.forEach(function (side) {
      var i = at[side][state.chosen];
      if (i !== undefined) ["grid_halo", "grid_chosen"].forEach(function (kind) { outlines.push(L.polygon(shapes[side][i], path(kind, side)).addTo(map)); });
    });
  }

  // The divider
  function makeDivider() {
    // The line runs beneath tooltips and popups; the knob can always be taken hold of.
    var pane = map.createPane("divider"), above = map.createPane("knob");
    pane.style.zIndex = 645;
    above.style.zIndex = 720;
    divider.line = h("div", { class: "divider-line", "aria-hidden": "true" });
    divider.flags = SIDES.map(function (side) { return h("span", { class: "flag " + side }); });
    divider.knob = h("div", { class: "knob", id: "divider", role: "slider", tabindex: "0", "aria-orientation": "horizontal", "aria-valuemin": "0", "aria-valuemax": "100" },
      h("i", { "aria-hidden": "true" }));
    [divider.line].concat(divider.flags).forEach(function (part) { pane.appendChild(part); });
    above.appendChild(divider.knob);
    [divider.line, divider.knob].forEach(function (part) {
      L.DomEvent.disableClickPropagation(part);
      part.addEventListener("pointerdown", function (event) {
        if (event.button) return;
        event.preventDefault();
        divider.knob.focus({ preventScroll: true });
        part.setPointerCapture(event.pointerId);
        divider.grip = event.clientX - left() - xOf(state.split);
      });
      part.addEventListener("pointermove", function (event) {
        if (part.hasPointerCapture(event.pointerId)) move((100 * (event.clientX - left() - divider.grip)) / map.getSize().x);
      });
      part.addEventListener("lostpointercapture", remember);
    });
    divider.knob.addEventListener("keydown", onKey);
  }
  function left() { return map.getContainer().getBoundingClientRect().left; }
  function xOf(split) { return (map.getSize().x * split) / 100; }
  function move(split) {
    state.split = Math.max(0, Math.min(100, split));
    part();
  }
  function onKey(event) {
    var step = event.shiftKey ? LEAP : STEP;
    var to = {
      ArrowLeft: state.split - step, ArrowDown: state.split - step, ArrowRight: state.split + step, ArrowUp: state.split + step,
      PageDown: state.split - LEAP, PageUp: state.split + LEAP, Home: 0, End: 100,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(Math.round(to));
    remember();
  }
  // Cut both sides off at the divider. Panes move with the map, so the cut is told in their own coordinates.
  function part() {
    if (!divider.knob) return;
    var size = map.getSize(), corner = map.containerPointToLayerPoint([0, 0]), x = Math.round(xOf(state.split));
    cut("before", corner.x, corner.x + x);
    cut("after", corner.x + x, corner.x + size.x);
    function cut(side, from, to) {
      var top = corner.y, bottom = corner.y + size.y;
      var shape = "polygon(" + [[from, top], [to, top], [to, bottom], [from, bottom]].map(function (p) { return p[0] + "px " + p[1] + "px"; }).join(", ") + ")";
      map.getPane(side).style.clipPath = map.getPane(side + "Names").style.clipPath = shape;
    }
    ["divider", "knob"].forEach(function (pane) { L.DomUtil.setPosition(map.getPane(pane), corner); });
    divider.line.style.left = x + "px";
    divider.line.style.height = size.y + "px";
    divider.knob.style.left = Math.max(KNOB, Math.min(size.x - KNOB, x)) + "px";
    divider.knob.style.top = Math.max(60, LOW * (phone.matches ? size.y - dockHeight() : size.y)) + "px";
    divider.flags.forEach(function (flag, i) {
      flag.style.left = x + "px";
      flag.hidden = i ? size.x - x < 8 : x < 8;
    });
    var shown = Math.round(state.split);
    divider.knob.setAttribute("aria-valuenow", shown);
    divider.knob.setAttribute("aria-valuetext", t("dividerAt", { left: shown, right: 100 - shown }));
  }
  function dockHeight() { return map.getContainer().getBoundingClientRect().bottom - byId("dock").getBoundingClientRect().top; }
  function sideAt(place) { return map.latLngToContainerPoint(place).x < xOf(state.split) ? "before" : "after"; }

  // Room that the controls over the map take away
  function padding() {
    var room = map.getContainer().getBoundingClientRect();
    if (phone.matches) return { paddingTopLeft: [14, 52], paddingBottomRight: [14, Math.min(dockHeight(), room.height * 0.7) + 14] };
    return { paddingTopLeft: [28, 100], paddingBottomRight: [66, Math.min(room.bottom - byId("legend").getBoundingClientRect().top + 14, room.height / 2)] };
  }
  function boxOf(shapesOfKind) {
    return shapesOfKind.reduce(function (box, shape) { return shape.length ? box.extend(L.polygon(shape).getBounds()) : box; }, L.latLngBounds([]));
  }
  function show(box, most) {
    if (box.isValid()) map.fitBounds(box, Object.assign({ animate: false, maxZoom: most }, padding()));
  }
  function fit() { show(boxOf(shapes.before.concat(shapes.after))); }
  // At first what changes, with its neighbours; everything where nothing does, or where that is not much smaller.
  function fitChanges() {
    var changed = [];
    SIDES.forEach(function (side) { shapes[side].forEach(function (shape, i) { if (layers[side].changed[i]) changed.push(shape); }); });
    var all = boxOf(shapes.before.concat(shapes.after)), some = changed.length ? boxOf(changed) : all, around = some.pad(0.12);
    if (!changed.length || zoomOf(around) - zoomOf(all) <= NEARLY) fit();
    else {
      show(around, 17);
      slide(some, all);
    }
  }
  function zoomOf(box) {
    var room = padding();
    return Math.min(17, map.getBoundsZoom(box, false, L.point(room.paddingTopLeft).add(room.paddingBottomRight)));
  }
  // Move the map so that room which is left over shows land, not what lies beyond it; what must be seen stays in view.
  function slide(some, all) {
    var room = padding(), size = map.getSize(), free = [L.point(room.paddingTopLeft), size.subtract(room.paddingBottomRight)];
    var shift = ["x", "y"].map(function (axis) {
      var start = free[0][axis], stop = free[1][axis], land = edges(all, axis), seen = edges(some, axis);
      var wanted = land[1] - land[0] <= stop - start ? (land[0] + land[1] - start - stop) / 2
        : land[0] > start ? land[0] - start : land[1] < stop ? land[1] - stop : 0;
      return Math.max(Math.min(0, seen[1] - stop), Math.min(Math.max(0, seen[0] - start), wanted));
    });
    map.panBy(shift, { animate: false });
  }
  function edges(box, axis) {
    return [box.getNorthWest(), box.getSouthEast()].map(function (corner) { return map.latLngToContainerPoint(corner)[axis]; });
  }

  // What is under the pointer
  function movedAt(place) { return shapes.moved.findIndex(function (_, i) { return geogrid.holds("moved", i, place); }); }
  function gridAt(side, place) { return shapes[side].findIndex(function (_, i) { return geogrid.holds(side, i, place); }); }
  function figuresOf(side, i) {
    var value = layers[side].deviation[i];
    return value === null ? "" : t("deviation") + " " + geogrid.signed(value);
  }
  function landSign(i) {
    var from = layers.moved.from[i], to = layers.moved.to[i];
    return h("span", {}, h("b", {}, geogrid.fromTo(from, to)), h("span", {}, t("landOf", { area: geogrid.landOf(layers.moved.area[i]) })), h("span", {}, geogrid.flowText(from, to)));
  }
  function gridSign(place) {
    var side = sideAt(place), i = gridAt(side, place);
    if (i < 0) return null;
    return h("span", {}, h("b", {}, layers[side].name[i]), h("span", {}, geogrid.titleOf(side)), h("span", {}, figuresOf(side, i)));
  }
  function onMove(event) {
    var land = movedAt(event.latlng), content = land >= 0 ? landSign(land) : gridSign(event.latlng);
    map.getContainer().classList.toggle("pointing", Boolean(content));
    if (content && !popup.isOpen()) tooltip.setContent(content).setLatLng(event.latlng).openOn(map);
    else tooltip.close();
  }
  function onClick(event) {
    var land = movedAt(event.latlng), side = sideAt(event.latlng), grid = gridAt(side, event.latlng);
    tooltip.close();
    if (land >= 0) return geogrid.say(land, event.latlng);
    popup.remove();
    if (grid >= 0) geogrid.choose(layers[side].id[grid]);
    else geogrid.set({ chosen: null });
  }
  // Say from where to where land goes, at a place in it.
  geogrid.say = function (land, place) {
    popup.setContent(landSign(land)).setLatLng(place).openOn(map);
    byId("news").textContent = geogrid.fromTo(layers.moved.from[land], layers.moved.to[land]);
  };
  geogrid.choose = function (id) {
    popup.remove();
    geogrid.set({ chosen: id, open: true, tab: "changes" });
    byId("news").textContent = geogrid.gridName(id);
  };
  geogrid.zoomToGrid = function (id) {
    var found = SIDES.filter(function (side) { return id in at[side]; }).map(function (side) { return shapes[side][at[side][id]]; });
    show(boxOf(found).pad(0.2), 17);
  };
  geogrid.zoomToLand = function (from, to) {
    var land = layers.moved.from.findIndex(function (_, i) { return layers.moved.from[i] === from && layers.moved.to[i] === to; });
    if (land < 0) return;
    if (phone.matches) geogrid.set({ open: false });
    show(boxOf([shapes.moved[land]]).pad(0.6), 17);
    geogrid.say(land, geogrid.within("moved", land));
  };
  // Where things are on the screen, in pixels of the map.
  geogrid.screenOf = function (kind, i) {
    var point = map.latLngToContainerPoint(geogrid.within(kind, i));
    return [point.x, point.y];
  };

  // Around the map
  function radio(group, value, label, change) {
    return h("label", {}, h("input", { type: "radio", name: group, value: value, onchange: change }), h("span", {}, label));
  }
  function keepLegend(fieldset, children) { geogrid.replace(fieldset, fieldset.querySelector("legend"), children); }
  function drawChrome() {
    var place = data.place ? geogrid.pick(data.place) : "", title = t("title");
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
    map.getContainer().setAttribute("aria-label", t("map"));
    map.getContainer().setAttribute("role", "application");
    divider.knob.setAttribute("aria-label", t("divider"));
    divider.knob.title = t("dividerHint");
    divider.flags.forEach(function (flag, i) { flag.textContent = geogrid.titleOf(SIDES[i]); });
    geogrid.nameControls();
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) {
      return radio("lang", lang, lang === "zh" ? "中文" : "EN", function () { geogrid.set({ lang: lang }); });
    }));
    keepLegend(byId("colours"), COLOURS.map(function (colour) {
      return radio("colour", colour, t("colour_" + colour), function () { geogrid.set({ colour: colour }); });
    }));
  }
  function drawSwitches() {
    [["colour", state.colour], ["lang", geogrid.lang]].forEach(function (pair) {
      document.querySelectorAll("input[name=" + pair[0] + "]").forEach(function (input) { input.checked = input.value === pair[1]; });
    });
  }
  function swatch(style, kind) {
    var box = h("i", { class: "swatch " + (kind || "") });
    Object.assign(box.style, style);
    return box;
  }
  function seen(value) {
    var faded = value + ("0" + Math.round(255 * lines.grid.fillOpacity).toString(16)).slice(-2);
    return "linear-gradient(" + faded + ", " + faded + "), var(--land)";
  }
  function className(row) { return t(row.label[0], row.label[1]); }
  function drawLegend() {
    var byDeviation = state.colour === "deviation";
    var title = byDeviation ? (data.target ? t("legendDeviation", { target: number(data.target) }) : t("legendDeviationBare")) : t("legendGrid");
    geogrid.replace(byId("legend"),
      h("h2", {}, title),
      byDeviation ? h("ul", { class: "classes" },
        data.style.classes.map(function (row) { return h("li", {}, swatch({ background: seen(row.colour) }), h("span", {}, className(row))); }),
        isDrawn(null) ? h("li", { class: "unknown" }, swatch({}, "hatched"), h("span", {}, t(data.office ? "hiddenOffice" : "hidden"))) : null) : null,
      h("ul", { class: "signs" },
        shapes.moved.length ? h("li", { class: "key" }, swatch({}, "moved"), h("span", {}, t("movedSign"))) : null,
        h("li", { class: "key" }, swatch({}, "changed"), h("span", {}, t("changedSign"))),
        byDeviation && isDrawn(data.style.same) ? h("li", { class: "key" }, swatch({ background: seen(data.style.same) }), h("span", {}, t("sameSign"))) : null));
    byId("legend").setAttribute("aria-label", t("legend"));
  }

  // Panel
  function drawPanel() {
    var folded = phone.matches && !state.open, focus = document.activeElement ? document.activeElement.id : "";
    document.body.classList.toggle("open", phone.matches && state.open);
    geogrid.replace(byId("tabs"), TABS.map(tabButton), phone.matches && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { geogrid.set({ open: false }); } }, "×") : null);
    byId("view").hidden = folded;
    if (!folded) {
      geogrid.replace(byId("view"), state.tab === "changes" && state.chosen ? geogrid.views.grid(state.chosen) : geogrid.views[state.tab]());
      byId("view").scrollTop = 0;
    }
    if (focus && byId(focus)) byId(focus).focus({ preventScroll: true });
    settle();
  }
  function tabButton(tab, i) {
    var current = state.tab === tab && (state.open || !phone.matches);
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || (i === 0 && phone.matches && !state.open) ? "0" : "-1",
      onclick: function () { geogrid.set({ tab: tab, chosen: null, open: !(phone.matches && current && !state.chosen) }); },
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
    part();
  }

  // Choices in the address: #split=…&colour=…&lang=…&grid=…
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
    if (COLOURS.indexOf(wanted.colour) >= 0) changes.colour = wanted.colour;
    if (wanted.split && Number(wanted.split) >= 0 && Number(wanted.split) <= 100) changes.split = Number(wanted.split);
    if (wanted.grid in at.before || wanted.grid in at.after) changes.chosen = wanted.grid;
    geogrid.set(changes);
  }
  function remember() {
    if (!started) return;
    var parts = ["split=" + Math.round(state.split), "colour=" + state.colour, "lang=" + geogrid.lang];
    if (state.chosen) parts.push("grid=" + encodeURIComponent(state.chosen));
    try {
      window.history.replaceState(null, "", "#" + parts.join("&"));
    } catch (error) {
      // A sandboxed frame may not change its address; the map works without.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  // On paper the panel stands open.
  function toPaper() {
    var open = state.open;
    geogrid.drawPaper();
    if (!phone.matches || open) return;
    geogrid.set({ open: true });
    window.addEventListener("afterprint", function () { geogrid.set({ open: false }); }, { once: true });
  }

  geogrid.start = function () {
    map = geogrid.leaflet = L.map("swipe", {
      zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 7, maxZoom: 19, wheelPxPerZoomLevel: 90,
      zoomAnimation: !calm, fadeAnimation: !calm, inertia: !calm,
    });
    map.setView([0, 0], 8);
    SIDES.concat("top").forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    SIDES.forEach(function (side) { map.createPane(side + "Names").style.zIndex = 640; });
    makeDivider();
    geogrid.addControls(map, fit);
    drawSides();
    tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    popup = L.popup({ closeButton: false, className: "land", autoPanPadding: [20, 70], maxWidth: 280 });
    drawChrome();
    map.on("move zoom viewreset resize", part);
    map.on("mousemove", onMove).on("mouseout", function () { tooltip.close(); }).on("click", onClick);
    recall();
    fitChanges();
    started = true;
    window.addEventListener("hashchange", recall);
    window.addEventListener("beforeprint", toPaper);
    phone.addEventListener("change", function () { geogrid.set({}); });
    new ResizeObserver(settle).observe(byId("dock"));
    document.body.setAttribute("data-ready", "true");
  };
})();
