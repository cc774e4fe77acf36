// Vector tiles (MVT 2.1) read into layers: names, properties, and rings, lines or points in the tile's own units.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var text = new TextDecoder();

  // A message of protocol buffers as a list of [field, value]: whole numbers, or the bytes of what is longer.
  function fields(bytes, each) {
    var at = 0;
    function varint() {
      var value = 0, times = 1, byte;
      do {
        if (at >= bytes.length) throw new RangeError("a tile that ends too early");
        byte = bytes[at++];
        value += (byte & 0x7f) * times;
        times *= 128;
      } while (byte & 0x80);
      return value;
    }
    function take(n) {
      if (at + n > bytes.length) throw new RangeError("a tile that ends too early");
      at += n;
      return bytes.subarray(at - n, at);
    }
    while (at < bytes.length) {
      var key = varint(), kind = key & 7;
      var value = kind === 0 ? varint() : kind === 1 ? take(8) : kind === 5 ? take(4) : kind === 2 ? take(varint()) : null;
      if (value === null) throw new RangeError("a tile of another kind");
      each(key >> 3, value);
    }
  }
  function numbers(bytes) {
    var found = [], value = 0, shift = 0;
    for (var i = 0; i < bytes.length; i++) {
      value |= (bytes[i] & 0x7f) << shift;
      if (bytes[i] & 0x80) shift += 7;
      else { found.push(value >>> 0); value = 0; shift = 0; }
    }
    return found;
  }
  function signed(n) { return (n >>> 1) ^ -(n & 1); }

  function valueOf(bytes) {
    var found = null;
    fields(bytes, function (field, value) {
      if (field === 1) found = text.decode(value);
      else if (field === 2) found = new DataView(value.buffer, value.byteOffset).getFloat32(0, true);
      else if (field === 3) found = new DataView(value.buffer, value.byteOffset).getFloat64(0, true);
      else if (field === 4) found = value > Number.MAX_SAFE_INTEGER ? value - Math.pow(2, 64) : value;
      else if (field === 5) found = value;
      else if (field === 6) found = value % 2 ? -(value + 1) / 2 : value / 2;
      else if (field === 7) found = Boolean(value);
    });
    return found;
  }

  // Each part is a list of [x, y]; a ring is not closed by repeating its first point.
  function partsOf(commands) {
    var parts = [], part = null, x = 0, y = 0, i = 0;
    while (i < commands.length) {
      var command = commands[i] & 7, times = commands[i++] >>> 3;
      if (command === 7) continue;
      for (; times > 0 && i + 1 < commands.length; times--) {
        x += signed(commands[i++]);
        y += signed(commands[i++]);
        if (command === 1) parts.push((part = [[x, y]]));
        else part.push([x, y]);
      }
    }
    return parts;
  }

  function featureOf(bytes, keys, values) {
    var feature = { type: 0, properties: {}, parts: [] };
    fields(bytes, function (field, value) {
      if (field === 2) numbers(value).forEach(function (n, i, all) { if (i % 2 === 0) feature.properties[keys[n]] = values[all[i + 1]]; });
      else if (field === 3) feature.type = value;
      else if (field === 4) feature.parts = partsOf(numbers(value));
    });
    return feature;
  }

  function layerOf(bytes) {
    var layer = { name: "", extent: 4096, features: [] }, keys = [], values = [], found = [];
    fields(bytes, function (field, value) {
      if (field === 1) layer.name = text.decode(value);
      else if (field === 2) found.push(value);
      else if (field === 3) keys.push(text.decode(value));
      else if (field === 4) values.push(valueOf(value));
      else if (field === 5) layer.extent = value;
    });
    layer.features = found.map(function (bytes) { return featureOf(bytes, keys, values); });
    return layer;
  }

  // The layers of a tile by name; feature types are 1 points, 2 lines, 3 polygons.
  geogrid.readTile = function (buffer) {
    var layers = {};
    fields(new Uint8Array(buffer), function (field, value) {
      if (field !== 3) return;
      var layer = layerOf(value);
      layers[layer.name] = layer;
    });
    return layers;
  };
})();
