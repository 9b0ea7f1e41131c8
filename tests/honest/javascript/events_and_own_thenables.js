const EventEmitter = require('events');
class Bus extends EventEmitter { say(x) { this.emit('said', x, [x]); return this; } }
const thenable = (x) => ({ then(good) { good(x); } });
// ---- checks
const bus = new Bus(), heard = [];
bus.on('said', (x, list) => { heard.push(x, ...list); });
bus.say(1).say(2);
console.assert(heard.join() === '1,1,2,2' && bus.listenerCount('said') === 1);
console.assert(await thenable(3) === 3);
