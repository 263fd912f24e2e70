// What the page takes from others: drawing points (twgl.js), moving and zooming (d3-zoom).
export {
  createBufferInfoFromArrays, createProgramInfo, drawBufferInfo, resizeCanvasToDisplaySize,
  setAttribInfoBufferFromArray, setBuffersAndAttributes, setUniforms,
} from 'twgl.js/dist/7.x/twgl-full.module.js';
export {select} from 'd3-selection';
export {zoom, zoomIdentity, zoomTransform} from 'd3-zoom';
