// A worker in plain JavaScript: two tiny worlds, and all that it takes to host them. README.md has the protocol.
//
//     lamd serve --worker count='node protocol/workers/example.mjs'

import { Socket } from "node:net";

// The worlds. Each says what it is, takes its kwargs, and throws a Refusal where they are wrong. An action and an
// observation are arrays of numbers; reset and step return what the protocol asks of one environment.

class Refusal extends Error {
  constructor(kind, name, sentence) {
    super(sentence);
    Object.assign(this, { kind, name });
  }
}

function integer(values, defaults, low, high, kind) {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(defaults, name)) throw new Refusal(kind, name, `there is only ${Object.keys(defaults)}`);
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    throw new Refusal(kind, name, `expected an integer from ${low} to ${high}, not ${JSON.stringify(value)}`);
  }
  return { ...defaults, ...values };
}

class Count {
  static description = {
    id: "Count-v0", description: "Counts up to a target: action 1 adds one, action 0 waits.",
    max_episode_steps: 50, render_modes: ["ansi"], kwargs: { target: 10 },
  };

  constructor(kwargs) {
    this.target = integer(kwargs, Count.description.kwargs, 1, 1000, "invalid_kwarg").target;
    this.observationSpace = { type: "Box", dtype: "float32", shape: [1], low: 0, high: this.target };
    this.actionSpace = { type: "Discrete", n: 2 };
  }

  reset(random, options) {
    this.count = integer(options, { start: 0 }, 0, this.target - 1, "invalid_option").start;
    return { observation: [this.count], info: {} };
  }

  step([action]) {
    this.count += action;
    return { observation: [this.count], reward: action, terminated: this.count >= this.target, info: {} };
  }

  text() { return `${this.count} of ${this.target}\n`; }
}

class GridWalk {
  static description = {
    id: "GridWalk-v0", description: "Walks from a random cell to the last one; each move costs 1.",
    max_episode_steps: 100, render_modes: ["rgb_array"], render_fps: 4, kwargs: { size: 5 },
  };
  static moves = [[1, 0], [0, 1], [-1, 0], [0, -1]]; // east, south, west, north

  constructor(kwargs) {
    this.size = integer(kwargs, GridWalk.description.kwargs, 2, 100, "invalid_kwarg").size;
    this.observationSpace = { type: "MultiDiscrete", nvec: [this.size, this.size] };
    this.actionSpace = { type: "Discrete", n: 4 };
  }

  reset(random, options) {
    integer(options, {}, 0, 0, "invalid_option");
    const cell = Math.floor(random() * (this.size ** 2 - 1)); // never the last one
    this.place = [cell % this.size, Math.floor(cell / this.size)];
    return this.#state();
  }

  step([action]) {
    if (this.#mask()[action]) this.place = this.#after(action);
    const state = this.#state();
    return { ...state, reward: -1, terminated: state.info.distance === 0 };
  }

  picture() {
    const side = 16, width = side * this.size, frame = new Uint8Array(width * width * 3);
    for (let y = 0; y < width; y++) {
      for (let x = 0; x < width; x++) {
        const [i, j] = [Math.floor(x / side), Math.floor(y / side)], last = this.size - 1;
        const isHere = i === this.place[0] && j === this.place[1], isGoal = i === last && j === last;
        frame.set(isHere ? [220, 60, 60] : isGoal ? [60, 160, 80] : [235, 235, 235], (y * width + x) * 3);
      }
    }
    return { frame: { dtype: "U8", shape: [width, width, 3], data: frame } };
  }

  #after(action) { return this.place.map((x, axis) => x + GridWalk.moves[action][axis]); }
  #mask() { return [0, 1, 2, 3].map((action) => this.#after(action).every((x) => x >= 0 && x < this.size)); }
  #state() {
    const distance = this.place.reduce((sum, x) => sum + this.size - 1 - x, 0);
    return { observation: this.place, mask: this.#mask(), info: { distance } };
  }
}

const worlds = { "Count-v0": Count, "GridWalk-v0": GridWalk };

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
function generator(seed) {
  let state = Number((seed ^ (seed >> 32n)) & 0xffffffffn); // JavaScript has 64 bits only as BigInt
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// What each `op` does: metadata and tensors of the request in, those of the answer out.

const batches = new Map();
const forms = { Box: ["F32", Float32Array], MultiDiscrete: ["I64", BigInt64Array] };

const operations = {
  list({ id }) {
    const all = Object.values(worlds).map((World) => World.description);
    const found = id === undefined ? all : all.filter((each) => each.id === id);
    if (id !== undefined && found.length === 0) throw new Refusal("unknown_environment", undefined, `no ${id} here`);
    return { metadata: { environments: JSON.stringify(found) } };
  },

  make({ id, kwargs, handle, count }) {
    if (!Object.hasOwn(worlds, id)) throw new Refusal("unknown_environment", undefined, `no ${id} here`);
    const batch = Array.from({ length: Number(count) }, () => ({
      world: new worlds[id](JSON.parse(kwargs ?? "{}")),
      random: Math.random, // until a reset brings a seed
      latest: null,
    }));
    batches.set(handle, batch);
    const { observationSpace, actionSpace } = batch[0].world;
    const hasMask = id === "GridWalk-v0";
    const spaces = { observation_space: observationSpace, action_space: actionSpace, action_mask: hasMask };
    return { metadata: Object.fromEntries(Object.entries(spaces).map(([key, it]) => [key, JSON.stringify(it)])) };
  },

  reset({ handle, options }, { mask, seed }) {
    const batch = find(handle);
    batch.forEach((one, row) => {
      if (mask && !mask.data[row]) return;
      if (seed) one.random = generator(seed.data[row]);
      one.latest = one.world.reset(one.random, JSON.parse(options ?? "{}"));
    });
    return states(batch);
  },

  step({ handle }, { action, mask }) {
    const batch = find(handle);
    batch.forEach((one, row) => {
      if (mask && !mask.data[row]) return;
      if (!one.latest) throw new Error("it is stepped before its first reset");
      one.latest = one.world.step([Number(action.data[row])]); // a Discrete action is I64: a BigInt
    });
    const { metadata, tensors } = states(batch);
    const column = (take) => batch.map((one) => take(one.latest ?? {}));
    const rows = [batch.length];
    tensors.reward = { dtype: "F64", shape: rows, data: Float64Array.from(column((it) => it.reward ?? 0)) };
    tensors.terminated = { dtype: "BOOL", shape: rows, data: Uint8Array.from(column((it) => it.terminated ?? false)) };
    tensors.truncated = { dtype: "BOOL", shape: rows, data: new Uint8Array(batch.length) };
    return { metadata, tensors };
  },

  render({ handle, index, mode }) {
    const { world } = find(handle)[Number(index)];
    if (mode === "ansi" && world.text) return { metadata: { text: world.text() } };
    if (mode === "rgb_array" && world.picture) return { tensors: world.picture() };
    throw new Error(`it cannot be drawn as ${mode}, only as ${world.constructor.description.render_modes}`);
  },

  close({ handle }) {
    batches.delete(handle);
    return {};
  },
};

function find(handle) {
  const batch = batches.get(handle);
  if (!batch) throw new Error(`there is no batch ${handle}`);
  return batch;
}

/** The latest observations, masks and infos of a batch. Rows that were never reset are zeros: they mean nothing. */
function states(batch) {
  const { observationSpace } = batch[0].world, [dtype, Numbers] = forms[observationSpace.type];
  const width = observationSpace.shape?.[0] ?? observationSpace.nvec.length;
  const convert = dtype === "I64" ? BigInt : Number;
  const numbers = batch.flatMap((one) => one.latest?.observation ?? Array(width).fill(0)).map(convert);
  const tensors = { observation: { dtype, shape: [batch.length, width], data: Numbers.from(numbers) } };
  const masks = batch.map((one) => one.latest?.mask);
  const n = masks.find((mask) => mask)?.length;
  if (n) {
    const flags = masks.flatMap((mask) => mask ?? Array(n).fill(true));
    tensors.action_mask = { dtype: "BOOL", shape: [batch.length, n], data: Uint8Array.from(flags) };
  }
  return { metadata: { infos: JSON.stringify(batch.map((one) => one.latest?.info ?? {})) }, tensors };
}

// Frames: 8 bytes of length, then safetensors, which is again 8 bytes of length, a JSON header, and the numbers. Arrays
// lie in memory as they do in the file where the machine is little-endian, as all that Node runs on nearly are.

const arrays = {
  BOOL: Uint8Array, U8: Uint8Array, F32: Float32Array, F64: Float64Array, I64: BigInt64Array, U64: BigUint64Array,
};

function decode(frame) {
  const start = 8 + Number(frame.readBigUInt64LE(0));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(frame.toString("utf8", 8, start));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of Object.entries(entries)) {
    const bytes = new Uint8Array(frame.subarray(start + begin, start + end)); // a copy, which is aligned
    tensors[name] = { dtype, shape, data: new arrays[dtype](bytes.buffer) };
  }
  return { metadata, tensors };
}

function encode({ metadata, tensors = {} }) {
  const header = metadata ? { __metadata__: metadata } : {}, parts = [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, (end += data.byteLength)] };
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64LE(BigInt(8 + text.length + end), 0);
  lengths.writeBigUInt64LE(BigInt(text.length), 8);
  return Buffer.concat([lengths, text, ...parts]);
}

function answer(frame) {
  const { metadata, tensors } = decode(frame);
  try {
    if (!Object.hasOwn(operations, metadata.op)) throw new Error(`there is no op ${metadata.op}`);
    return operations[metadata.op](metadata, tensors);
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    const words = { error: error.message, kind: error.kind ?? "failed" };
    if (error instanceof Refusal && error.name) words.name = error.name;
    return { metadata: words };
  }
}

// The socket. Frames come in pieces of any size, sometimes several in one.

const socket = new Socket({ fd: Number(process.env.LAMD_WORKER_FD ?? 3) });
let pieces = [], size = 0;

socket.on("data", (piece) => {
  pieces.push(piece);
  size += piece.length;
  for (;;) {
    if (size < 8) return;
    if (pieces[0].length < 8) pieces = [Buffer.concat(pieces)];
    const length = 8 + Number(pieces[0].readBigUInt64LE(0));
    if (size < length) return;
    const all = Buffer.concat(pieces);
    socket.write(encode(answer(all.subarray(8, length))));
    pieces = [all.subarray(length)];
    size -= length;
  }
});
socket.on("close", () => process.exit(0));
socket.on("error", () => process.exit(0));
process.on("SIGINT", () => {}); // Ctrl-C in the daemon's terminal: it is the daemon that ends its workers
