//! Who a customer is and what they did: traits, identities, behaviour totals.
