// A copy of one market's order book, kept by the messages of SubscribeOrderbook and proven by every one of them.
"use strict";

/** CRC-32 as zlib's, of ASCII text. */
function crc32(text) {
    let crc = ~0;
    for (let i = 0; i < text.length; i++) {
        crc ^= text.charCodeAt(i);
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return ~crc >>> 0;
}

/** Orders decimal texts of one scale, all of them positive: the longer is the larger. */
function compareDecimals(a, b) {
    return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

class OrderBook {
    constructor() {
        this.sequence = null; // the book update that the copy reflects
        this.bids = new Map(); // price text to quantity text
        this.asks = new Map();
    }

    /** Follows one message of the channel "orderbook". Throws when the copy is no longer the exchange's book: subscribe
     *  again for a fresh snapshot. */
    take(message) {
        if ("sequence" in message) {
            this.bids.clear();
            this.asks.clear();
            this.sequence = message.sequence;
        } else {
            if (message.first_sequence !== this.sequence + 1) {
                throw new Error(`update ${message.first_sequence} does not follow ${this.sequence}`);
            }
            this.sequence = message.last_sequence;
        }
        for (const [side, levels] of [[this.bids, message.bids], [this.asks, message.asks]]) {
            for (const [price, quantity] of levels) {
                if (quantity === "0") side.delete(price);
                else side.set(price, quantity);
            }
        }
        if (this.checksum() !== message.checksum) throw new Error(`the checksum differs at sequence ${this.sequence}`);
    }

    bestBids(count) {
        return [...this.bids].sort((a, b) => compareDecimals(b[0], a[0])).slice(0, count);
    }

    bestAsks(count) {
        return [...this.asks].sort((a, b) => compareDecimals(a[0], b[0])).slice(0, count);
    }

    /** Of the ten best levels: bid, ask, next bid, next ask, ... each as price:quantity, joined by colons. */
    checksum() {
        const bids = this.bestBids(10);
        const asks = this.bestAsks(10);
        const levels = [];
        for (let i = 0; i < 10; i++) {
            for (const side of [bids, asks]) {
                if (i < side.length) levels.push(side[i].join(":"));
            }
        }
        return crc32(levels.join(":"));
    }
}

module.exports = { OrderBook };
