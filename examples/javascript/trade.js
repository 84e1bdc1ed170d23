// Two users trade while a copy of the order book follows. See examples/README.md.
"use strict";

const fs = require("fs");
const { OrderBook } = require("./order_book.js");
const Socket = globalThis.WebSocket ?? require("ws");

const url = process.env.SAUDA_URL ?? "http://127.0.0.1:3000";
const socketUrl = process.env.SAUDA_WS_URL ?? "ws://127.0.0.1:8080";
const tokenFile = process.env.SAUDA_OPERATOR_TOKEN_FILE ?? "data/operator.token";
const run = `${Date.now()}-${process.pid}`; // so that it can be run again: emails and references are used once
const market = "TATA_INR";

/** The answer's JSON; a refusal throws its sentence. */
async function ask(method, path, token, body) {
    const headers = { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.error}`);
    return answer;
}

/** A new user with funds, logged in: the token. */
async function user(name) {
    const login = { email: `${name}-${run}@example.com`, password: "correct horse" };
    await ask("POST", "/register", null, login);
    const operator = fs.readFileSync(tokenFile, "utf8").trim();
    for (const asset of ["INR", "TATA"]) {
        const reference = `${name}-${asset}-${run}`;
        await ask("POST", "/api/v1/admin/deposit", operator, { email: login.email, asset, amount: "10000", reference });
    }
    return (await ask("POST", "/login", null, login)).token;
}

// Decimals as text: what is sent is what is meant.
function order(side, price, quantity) {
    return { order_type: side, order_kind: "Limit", market, price, quantity };
}

/** A connection whose messages go to the copy; resolves `reached` once the copy stands at a book update or beyond. */
function follow(book) {
    const socket = new Socket(socketUrl);
    const feed = { socket, messages: 0, until: Infinity };
    feed.reached = new Promise((resolve, reject) => {
        feed.look = () => book.sequence >= feed.until && resolve();
        socket.onerror = (event) => reject(new Error(event.message ?? "the connection failed"));
        socket.onclose = () => reject(new Error("the connection was closed"));
        socket.onmessage = (event) => {
            const message = JSON.parse(event.data);
            if (message.channel !== "orderbook" || !("bids" in message)) return;
            try {
                book.take(message);
                feed.messages++;
                feed.look();
            } catch (error) {
                reject(error);
            }
        };
    });
    feed.opened = new Promise((resolve) => (socket.onopen = resolve));
    return feed;
}

async function main() {
    const [alice, bob] = [await user("alice"), await user("bob")];
    const book = new OrderBook();
    const feed = follow(book);
    await feed.opened;
    feed.socket.send(JSON.stringify({ SubscribeOrderbook: market, request_id: 1 }));
    for (let step = 0; step < 5; step++) await ask("POST", "/order", alice, order("Sell", `10${step}.50`, "10"));
    const report = await ask("POST", "/order", bob, order("Buy", "101.50", "25"));
    console.log("bob's order is", report.order_status, "at", report.average_price, "on average");
    for (const token of [alice, bob]) await ask("DELETE", "/api/v1/orders", token);
    const depth = await ask("GET", `/api/v1/depth?market=${market}&limit=5000`);
    feed.until = depth.sequence;
    feed.look();
    await feed.reached;
    if (book.sequence === depth.sequence && JSON.stringify(book.bestAsks(5000)) !== JSON.stringify(depth.asks)) {
        throw new Error("the copy is not the exchange's book");
    }
    console.log(`the copy stands at sequence ${book.sequence} after ${feed.messages} messages, each proven by its checksum`);
    const candles = await ask("GET", `/api/v1/candles?market=${market}&interval=1m&limit=1`);
    console.log("this minute:", candles.candles[0].volume, "traded");
    feed.socket.onclose = null;
    feed.socket.close();
    console.log("done");
}

main().catch((error) => {
    console.error(error.message);
    process.exit(1);
});
