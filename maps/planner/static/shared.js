// What the other maps' scripts offer, as a module: words, elements, packed shapes, symbols, vector tiles.
const geogrid = globalThis.geogrid;

export const L = globalThis.L;
export const data = geogrid.data;
export const lang = geogrid.lang;
export const { h, replace, t, pick, fill, number, percent, unpacked, paintSymbol, symbolPicture, readTile, addBasemap, basemapTold } = geogrid;
export const byId = (id) => document.getElementById(id);
