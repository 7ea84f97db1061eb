// Loaded with `node --import` into a process whose wall clock shall go wrong: `Date` answers as if the machine's clock
// had been set by `clockShiftMs`, which the parent sends and may change at any moment. What counts time by the
// monotonic clock (timers, performance.now) notices nothing, as when a machine's clock is set.
const realNow = Date.now;
let shiftMs = 0;

globalThis.Date = new Proxy(Date, {
  construct: (target, given, asked) =>
    Reflect.construct(target, given.length === 0 ? [realNow() + shiftMs] : given, asked),
  get: (target, name, receiver) => (name === 'now' ? () => realNow() + shiftMs : Reflect.get(target, name, receiver)),
});

process.on('message', (message: unknown) => {
  if (typeof message === 'object' && message !== null && 'clockShiftMs' in message)
    shiftMs = Number(message.clockShiftMs);
});
// Listening must not keep a process alive that has nothing else to do.
process.channel?.unref();

export {};
