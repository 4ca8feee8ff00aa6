// What rows of a file can be; the server says the same and refuses others.

export const KINDS = ["orders", "lines", "refunds", "cancellations", "customers", "products", "costs", "events", "carts", "messages", "consents", "tickets", "reviews", "surveys", "referrals"];
