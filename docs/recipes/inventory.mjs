// A shop that learns how much to order: an environment that lives in a client, in JavaScript and without any package.
//
//   node docs/recipes/inventory.mjs [--url http://127.0.0.1:8808] [--episodes 300] [--agent ID] [--seed 1]
//
// Every morning the shop orders 0 to 10 pieces for 2 each, which come at once; 20 fit in. By day customers ask for 0 to 10,
// mostly for about 5, and pay 4 a piece; a piece that is left over night costs 0.25, and after 30 days all is worth nothing.
// A toy of its field: real orders take days to come, and demand has seasons. Dynamic programming knows the best there is.
//
// Prints what a day brings on average at random, as learned and at best. With --agent it only plays, so that several can
// teach one agent at a time, and prints how many days that were.

const PLACES = 20, MOST = 10, DAYS = 30;
const SPACES = {
    observation_space: { type: "Discrete", n: PLACES + 1 },
    action_space: { type: "Discrete", n: MOST + 1 },
};

// What is left over night is sold within days: looking far ahead only adds noise.
const SETTINGS = { hyperparameters: { discount: 0.8, n_step: 1 } };

// How likely each demand is: ten customers, each of whom comes every other day.
const DEMAND = Array.from({ length: MOST + 1 }, (_, asked) => {
    let ways = 1;
    for (let i = 0; i < asked; i++) ways = (ways * (MOST - i)) / (i + 1);
    return ways / 2 ** MOST;
});

/** What a day brings, and the stock that is left. */
function day(stock, order, demand) {
    const there = Math.min(stock + order, PLACES);
    const sold = Math.min(there, demand);
    return { reward: 4 * sold - 2 * (there - stock) - 0.25 * (there - sold), left: there - sold };
}

/** A generator of numbers in [0, 1) that a seed repeats (mulberry32). */
function generator(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

function draw(random) {
    let place = random();
    return Math.max(DEMAND.findIndex((likely) => (place -= likely) < 0), 0);
}

/** The daemon. A request whose reply was lost is sent again: none here counts twice. */
class Client {
    constructor(url) { this.url = url; }

    async send(method, path, body) {
        for (let attempt = 0; ; attempt++) {
            try {
                const reply = await fetch(this.url + path, {
                    method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
                });
                const json = await reply.json();
                if (!reply.ok) throw Object.assign(new Error(json.detail ?? reply.statusText), { isAnswer: true });
                return json;
            } catch (error) {
                if (error.isAnswer || attempt === 4) throw error;
                await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
            }
        }
    }
}

/** One episode by what `choose` says, in the steps that observe takes. */
async function play(random, episode, choose) {
    const transitions = [];
    let stock = 0;
    for (let step = 0; step < DAYS; step++) {
        const action = await choose(stock);
        const { reward, left } = day(stock, action, draw(random));
        transitions.push({
            observation: stock, action, reward, next_observation: left, terminated: false,
            truncated: step === DAYS - 1, episode_id: episode, step,
        });
        stock = left;
    }
    return transitions;
}

async function teach(client, agent, episodes, random) {
    const name = Math.random().toString(36);
    for (let episode = 0; episode < episodes; episode++) {
        const transitions = await play(random, `${name}/${episode}`, async (observation) =>
            (await client.send("POST", `/v1/agents/${agent}/act/`, { observation, deterministic: false })).action);
        await client.send("POST", `/v1/agents/${agent}/observe/`, { transitions });
    }
}

/** What a day brings on average in 200 episodes. */
async function worth(choose) {
    const random = generator(12345);
    let sum = 0;
    for (let episode = 0; episode < 200; episode++) {
        for (const { reward } of await play(random, "", choose)) sum += reward;
    }
    return sum / 200 / DAYS;
}

/** The best order for each stock in the middle of the month, by value iteration over what is left of it. */
function bestOrders() {
    let values = new Array(PLACES + 1).fill(0), orders = [];
    for (let rest = 0; rest < DAYS; rest++) {
        const worths = values.map((_, stock) => Array.from({ length: MOST + 1 }, (_, order) =>
            DEMAND.reduce((sum, likely, demand) => {
                const { reward, left } = day(stock, order, demand);
                return sum + likely * (reward + values[left]);
            }, 0)));
        values = worths.map((all) => Math.max(...all));
        orders = worths.map((all) => all.indexOf(Math.max(...all)));
    }
    return orders;
}

async function main() {
    const given = { "--url": process.env.LAMD_URL ?? "http://127.0.0.1:8808", "--episodes": "300", "--seed": "1" };
    for (let i = 2; i + 1 < process.argv.length; i += 2) given[process.argv[i]] = process.argv[i + 1];
    const client = new Client(given["--url"]), random = generator(Number(given["--seed"]));
    const episodes = Number(given["--episodes"]);
    if (given["--agent"]) {
        await teach(client, given["--agent"], episodes, random);
        console.log(episodes * DAYS);
        return;
    }
    const { agent_id: agent } = await client.send("POST", "/v1/agents/", { ...SPACES, ...SETTINGS, seed: Number(given["--seed"]) });
    await teach(client, agent, episodes, random);
    while ((await client.send("GET", `/v1/agents/${agent}`)).pending_updates) await new Promise((r) => setTimeout(r, 100));
    // What was learned last is published within seconds.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const table = (await client.send("POST", `/v1/agents/${agent}/act/`, {
        observations: Array.from({ length: PLACES + 1 }, (_, stock) => stock),
    })).actions;
    const best = bestOrders();
    console.log(`a day brings ${(await worth(() => Math.floor(random() * (MOST + 1)))).toFixed(2)} at random, ` +
        `${(await worth((stock) => table[stock])).toFixed(2)} as learned, ` +
        `${(await worth((stock) => best[stock])).toFixed(2)} at best`);
    await client.send("DELETE", `/v1/agents/${agent}`);
}

await main();
