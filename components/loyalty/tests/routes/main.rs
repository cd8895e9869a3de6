//! Routes of points, tiers, rewards and referrals, over a store in memory.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `accounts`: `GET /v1/loyalty/accounts/{customer}` and `.../tier`.
//! - `care`: `POST /v1/loyalty/accounts/{customer}/{adjust,freeze,unfreeze,import}`.
//! - `catalogue`: `/v1/loyalty/rewards`: the catalogue.
//! - `check_in`: Check-ins: once a day of the shop, streaks, and what they earn.
//! - `codes`: `/v1/loyalty/rewards/{id}/codes`: imported codes, each handed out once.
//! - `earning`: Earning by rules, over the routes.
//! - `entitlement`: `GET /v1/loyalty/accounts/{customer}/entitlement` and `/.well-known/jwks.json`.
//! - `holds`: `POST /v1/loyalty/accounts/{customer}/{authorize,capture,void}`.
//! - `journal`: `GET /v1/loyalty/accounts/{customer}/journal`.
//! - `kinds`: Several kinds of points over the routes.
//! - `liability`: `/v1/loyalty/liability`.
//! - `lots`: `GET /v1/loyalty/accounts/{customer}/{lots,expiring,holds,audit}`.
//! - `missions`: Missions: what is to be done, how far a customer is, and the points, once per period.
//! - `movements`: `POST /v1/loyalty/accounts/{customer}/{earn,spend,reverse}`.
//! - `names`: Audiences of rewards and earning rules name segments, scores and tags: only those that there are, and none of them is deleted unawares.
//! - `program`: `/v1/loyalty/program`.
//! - `quote`: `POST /v1/loyalty/accounts/{customer}/quote`.
//! - `referral`: Referrals: codes, claims, circles, and who is paid when.
//! - `referral_lists`: Whom each of several referrers has brought: their own, and nobody else's.
//! - `referral_races`: Referrals that are claimed at the same moment, over a store that is late, and one on a bad day.
//! - `referral_told`: A referral code that comes with `identify`, `track` or `batch`
//! - `reward_claims`: Claims in a reward's stock that somebody left behind.
//! - `rewards`: `/v1/loyalty/accounts/{customer}/redeem`: rewards are redeemed.
//! - `tier_audiences`: Audiences of segments that ask for a tier which another segment gives.
//! - `tier_rules`: Rules over a tier that is given by a segment, over the routes that ask them.
//! - `tier_segments`: Tiers by a segment over the routes: what is answered, what is refused, and what follows the tier.
//! - `tiers`: Tiers that people give, what keeps a tier, and its history, over the routes.
//! - `transfer`: `POST /v1/loyalty/accounts/{customer}/transfer`.
//! - `vouchers`: `/v1/loyalty/vouchers/{code}`: vouchers are used and cancelled.

mod accounts;
mod care;
mod catalogue;
mod check_in;
mod codes;
mod earning;
mod entitlement;
mod holds;
mod journal;
mod kinds;
mod liability;
mod lots;
mod missions;
mod movements;
mod names;
mod program;
mod quote;
mod referral;
mod referral_lists;
mod referral_races;
mod referral_told;
mod reward_claims;
mod rewards;
mod shop;
mod tier_audiences;
mod tier_rules;
mod tier_segments;
mod tiers;
mod transfer;
mod vouchers;
