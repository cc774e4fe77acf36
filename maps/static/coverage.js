// The page: what is chosen, and what follows when that changes.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var layers = data.layers;
  var t = geogrid.t;
  var phone = window.matchMedia("(max-width: 760px)");
  geogrid.isPhone = function () { return phone.matches; };
  // The panel that opens over the map must be closed to see the map.
  geogrid.isFolding = function () { return phone.matches || data.embed; };

  var state = (geogrid.state = { service: data.service, when: "now", tab: "overview", open: false, chosen: null, others: false, layers: {} });
  data.style.layers.forEach(function (layer) { state.layers[layer.key] = layer.show; });

  // What the choices mean for the data. A service is its position in data.services, or "all".
  geogrid.serviceNumber = function () {
    return data.services.findIndex(function (s) { return s.id === state.service; });
  };
  geogrid.serviceName = function (id) {
    var found = data.services.find(function (s) { return s.id === id; });
    return found ? geogrid.title(found.name) : t("all");
  };
  geogrid.serviceChosen = function (number) {
    return state.service === "all" || data.services[number].id === state.service;
  };
  geogrid.shareOf = function (grid) {
    var cover = layers.grids.cover[state.service];
    // An embedded map has the shares with planned facilities a moment later.
    var column = cover && cover[state.when === "now" ? "share" : "later"];
    return column ? column[grid] : null;
  };
  geogrid.isPlanned = function (facility) { return data.laterStatuses.indexOf(layers.facilities.status[facility]) >= 0; };
  geogrid.counts = function (facility) { return state.when === "later" || !geogrid.isPlanned(facility); };
  geogrid.facilitiesShown = function () {
    var shown = [];
    layers.facilities.services.forEach(function (services, i) {
      var wanted = state.others ? services : services.filter(geogrid.serviceChosen);
      if (wanted.length) shown.push({ facility: i, services: wanted });
    });
    return shown;
  };
  // Gaps of the chosen service, the largest first; for "all" those computed for all, else those of every service.
  geogrid.gapsShown = function () {
    var gaps = layers.gaps;
    var own = gaps.service.some(function (s) { return s === "all"; });
    function size(i) { return (gaps.persons && gaps.persons[i]) || 0; }
    return gaps.service.map(function (_, i) { return i; }).filter(function (i) {
      if (!geogrid.shapes.gaps[i].length) return false;
      return state.service === "all" ? !own || gaps.service[i] === "all" : gaps.service[i] === state.service;
    }).sort(function (a, b) { return size(b) - size(a) || a - b; });
  };
  geogrid.gapsHidden = function () {
    return layers.gaps.service.filter(function (s, i) {
      return !geogrid.shapes.gaps[i].length && (state.service === "all" || s === state.service);
    }).length;
  };

  geogrid.set = function (changes) {
    var before = Object.assign({}, state);
    Object.assign(state, changes);
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      geogrid.drawChrome();
    }
    if (state.service !== before.service || state.when !== before.when || state.others !== before.others) geogrid.restyle();
    if (changes.layers) geogrid.show(state.layers);
    if (state.chosen !== before.chosen) geogrid.outline();
    geogrid.drawSwitches();
    geogrid.drawLegend();
    geogrid.drawPanel();
    remember();
  };

  geogrid.choose = function (kind, index, options) {
    var name = layers[kind].name[index];
    geogrid.set({ chosen: { kind: kind, index: index }, open: true });
    geogrid.byId("news").textContent = name;
    if (options && options.zoom) geogrid.zoomTo(kind, index);
    else geogrid.reveal(kind, index);
  };

  // Room that the controls over the map take away: on phones below, else the legend's, beside or below, whichever shows more.
  // On phones the buttons' room is kept free too, as long as the map grows no smaller by it.
  function padding(box) {
    var map = geogrid.leaflet.getContainer().getBoundingClientRect();
    var dock = geogrid.byId("dock").getBoundingClientRect();
    if (geogrid.isPhone()) {
      var edge = map.height < 300 ? 8 : 16;
      var low = Math.min(map.bottom - dock.top, map.height * 0.85) + edge;
      var tight = { paddingTopLeft: [edge, edge], paddingBottomRight: [edge, low] };
      var clear = { paddingTopLeft: [edge, edge], paddingBottomRight: [edge, low + (geogrid.state.open ? 0 : 160)] };
      return zoomWith(box, clear) >= zoomWith(box, tight) ? clear : tight;
    }
    var legend = geogrid.byId("legend").getBoundingClientRect();
    var top = geogrid.byId("controls").getBoundingClientRect().bottom - map.top + 14;
    var right = (data.embed && geogrid.state.open ? geogrid.byId("panel").getBoundingClientRect().width : 0) + 60;
    var beside = { paddingTopLeft: [legend.width + 32, top], paddingBottomRight: [right, 32] };
    var below = { paddingTopLeft: [24, top], paddingBottomRight: [right, Math.min(map.bottom - legend.top + 12, map.height / 2)] };
    return zoomWith(box, beside) >= zoomWith(box, below) ? beside : below;
  }
  // Without any room Leaflet would zoom in for ever.
  function zoomWith(box, room) {
    var taken = L.point(room.paddingTopLeft).add(room.paddingBottomRight), size = geogrid.leaflet.getSize();
    return size.x > taken.x && size.y > taken.y ? geogrid.leaflet.getBoundsZoom(box, false, taken) : -Infinity;
  }
  function fitBox(box, options) {
    var room = padding(box);
    geogrid.leaflet.fitBounds(box, Object.assign({ animate: false }, options, zoomWith(box, room) > -Infinity ? room : {}));
  }
  geogrid.fit = function () {
    var box = L.latLngBounds([]);
    ["grids", "areas"].forEach(function (kind) {
      geogrid.shapes[kind].forEach(function (shape) { if (shape.length) box.extend(L.polygon(shape).getBounds()); });
    });
    geogrid.facilityPoints.forEach(function (p) { if (!box.isValid()) box.extend(p); });
    if (box.isValid()) fitBox(box);
  };
  geogrid.zoomTo = function (kind, index) {
    var box = kind === "defects" && !geogrid.shapes.defects[index].length ? L.latLngBounds([geogrid.defectPoints[index]]) : geogrid.boundsOf(kind, index);
    fitBox(box, { maxZoom: kind === "defects" ? 18.5 : 16.5 });
  };
  // Zoom to a thing of a list and say on the map which it is.
  geogrid.pointOut = function (kind, index) {
    geogrid.zoomTo(kind, index);
    if (geogrid.shapes[kind]) geogrid.hover(kind, index);
    var points = { defects: geogrid.defectPoints, facilities: geogrid.facilityPoints }[kind];
    say({ kind: kind, index: index }, points ? points[index] : geogrid.within(kind, index));
  };
  // Where the panel stands over the map: move the chosen thing to the middle of what is left, unless it can be seen already.
  geogrid.reveal = function (kind, index) {
    if (!geogrid.isFolding()) return;
    var map = geogrid.leaflet;
    var box = geogrid.boundsOf(kind, index), room = padding(box);
    var seen = L.bounds(L.point(room.paddingTopLeft), map.getSize().subtract(room.paddingBottomRight));
    var thing = L.bounds(map.latLngToContainerPoint(box.getNorthWest()), map.latLngToContainerPoint(box.getSouthEast()));
    if (!seen.contains(thing)) map.panBy(thing.getCenter().subtract(seen.getCenter()), { animate: false });
  };

  // Choices in the address, so that a link opens the same view: #service=…&lang=…&grid=…
  function recall() {
    var wanted = {};
    window.location.hash.slice(1).split("&").forEach(function (part) {
      var at = part.indexOf("=");
      try {
        if (at > 0) wanted[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1).replace(/\+/g, " "));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
      }
    });
    var changes = {};
    if (wanted.lang === "zh" || wanted.lang === "en") changes.lang = wanted.lang;
    if (wanted.service === "all" && data.all) changes.service = "all";
    if (data.services.some(function (s) { return s.id === wanted.service; })) changes.service = wanted.service;
    if (wanted.when === "now" || wanted.when === "later") changes.when = wanted.when;
    geogrid.set(changes);
    var grid = layers.grids.id.indexOf(wanted.grid);
    if (grid >= 0) geogrid.choose("grids", grid, { zoom: true });
  }
  function remember() {
    if (data.embed || !started) return;
    var parts = ["service=" + encodeURIComponent(state.service), "lang=" + geogrid.lang];
    if (state.when === "later") parts.push("when=later");
    if (state.chosen && state.chosen.kind === "grids") parts.push("grid=" + encodeURIComponent(layers.grids.id[state.chosen.index]));
    try {
      window.history.replaceState(null, "", "#" + parts.join("&"));
    } catch (error) {
      // A sandboxed frame may not change its address; the map works without.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  // The one tooltip, and clicks.
  var tooltip = null;
  // Above the place where the map is narrow, and then moved sideways as far as it would leave the map.
  function say(thing, place) {
    var narrow = geogrid.isPhone();
    tooltip.options.direction = narrow ? "top" : "auto";
    tooltip.options.offset = L.point(narrow ? [0, -8] : [12, 0]);
    tooltip.setContent(geogrid.tip(thing)).setLatLng(place).openOn(geogrid.leaflet);
    if (!narrow) return;
    var box = tooltip.getElement().getBoundingClientRect(), map = geogrid.leaflet.getContainer().getBoundingClientRect();
    var below = box.top < map.top;
    if (below) tooltip.options.direction = "bottom";
    tooltip.options.offset = L.point(Math.max(0, map.left + 6 - box.left) - Math.max(0, box.right - map.right + 6), below ? 8 : -8);
    tooltip.update();
    // No room for it above the panel, which says as much.
    if (tooltip.getElement().getBoundingClientRect().bottom > geogrid.byId("dock").getBoundingClientRect().top) tooltip.close();
  }
  var hovered = "";
  function onMove(event) {
    var thing = geogrid.thingAt(event.latlng, 11);
    var key = thing ? thing.kind + thing.index : "";
    geogrid.leaflet.getContainer().classList.toggle("pointing", Boolean(thing));
    if (key !== hovered) {
      geogrid.hover("grids", thing && thing.kind === "grids" ? thing.index : null);
      if (thing) say(thing, event.latlng);
      else tooltip.close();
    } else if (thing) tooltip.setLatLng(event.latlng).openOn(geogrid.leaflet);
    hovered = key;
  }
  function onLeave() {
    hovered = "";
    geogrid.hover("grids", null);
    tooltip.close();
  }
  function onClick(event) {
    var thing = geogrid.thingAt(event.latlng, geogrid.isPhone() ? 20 : 11);
    var grid = geogrid.gridAt(event.latlng);
    if (grid !== null) geogrid.choose("grids", grid);
    else geogrid.set({ chosen: null, open: false });
    if (thing && thing.kind !== "grids") say(thing, event.latlng);
    else tooltip.close();
    hovered = "";
  }

  // A canvas cannot be drawn again while a page is printed: what is seen is printed, scaled to the paper (A4 across, in CSS pixels, less the legend).
  var PAPER = { width: 810, height: 620 };
  function onPrint() {
    var size = geogrid.leaflet.getSize();
    var style = document.documentElement.style;
    style.setProperty("--print-width", size.x + "px");
    style.setProperty("--print-height", size.y + "px");
    style.setProperty("--print-scale", Math.min(PAPER.width / size.x, PAPER.height / size.y));
  }

  var started = false;
  geogrid.start = function (map) {
    document.body.classList.toggle("embed", data.embed);
    geogrid.addControls(map, geogrid.fit);
    geogrid.drawChrome();
    geogrid.show(state.layers);
    geogrid.set({});
    geogrid.settle();
    geogrid.fit();
    geogrid.watchScale(map);
    geogrid.restyle();
    tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    map.on("mousemove", onMove).on("mouseout", onLeave).on("click", onClick).on("movestart", onLeave);
    geogrid.startSearch();
    recall();
    started = true;
    if (window.location.hash) remember();
    window.addEventListener("hashchange", recall);
    window.addEventListener("beforeprint", onPrint);
    new ResizeObserver(geogrid.settle).observe(geogrid.byId("dock"));
    document.body.setAttribute("data-ready", "true");
  };

  geogrid.defectPoints = geogrid.points(layers.defects.points);
  geogrid.facilityPoints = geogrid.points(layers.facilities.points);
})();
