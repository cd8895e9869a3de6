//! The customers of a file, and the rows that could not be read.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use csv::ByteRecord;
use rapport_import::amount;
use rapport_import::columns::{Column, Mapping};
use rapport_import::records::Records;
use rapport_import::report::{Refused, grouped, rows};
use rapport_import::when;
use rapport_lifetime::{Customer, History};
use rapport_types::{CustomerId, Day, Decimal, Timestamp};

use crate::args::FitArgs;

/// How many rows that could not be read are named.
const SHOWN: usize = 20;
/// Between two lines about how far it is.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What a file says of a shop's customers until some day.
#[derive(Debug)]
pub struct Population {
    /// The file.
    pub file: PathBuf,
    /// Rows read, those with names not counted.
    pub rows: u64,
    /// Rows after the last day.
    pub later: u64,
    /// Totals left out because they are in another currency than the first one.
    pub other_currency: u64,
    /// The first rows that could not be read.
    pub refused: Vec<Refused>,
    /// All of those.
    pub refused_rows: u64,
    /// The last day that counts.
    pub until: Day,
    /// Whether the rows have totals.
    pub has_totals: bool,
    /// Customers with an order until then, as they first come in the file.
    pub customers: Vec<Buyer>,
}

/// A customer with at least one order.
#[derive(Debug)]
pub struct Buyer {
    /// The shop's id.
    pub id: String,
    /// Orders.
    pub orders: u64,
    /// What they came to.
    pub spend: Decimal,
    /// The numbers of the days with an order, each once, ascending.
    pub days: Vec<i32>,
}

/// A row that was read.
struct Order {
    customer: String,
    day: Day,
    total: Decimal,
    currency: String,
}

impl Population {
    /// Reads the file.
    pub fn read(args: &FitArgs) -> Result<Self> {
        let mut source = Source::open(args)?;
        let mut orders: Vec<Order> = Vec::new();
        let (mut refused, mut refused_rows, mut read) = (Vec::new(), 0, 0);
        let (mut record, mut said) = (ByteRecord::new(), Instant::now());
        while let Some(line) = source.records.next(&mut record)? {
            read += 1;
            match source.order(line, &record) {
                Ok(order) => orders.push(order),
                Err(reason) => {
                    refused_rows += 1;
                    if refused.len() < SHOWN {
                        refused.push(reason);
                    }
                }
            }
            if said.elapsed() >= LINE_EVERY {
                said = Instant::now();
                eprintln!("{} read", rows(read));
            }
        }
        let last = orders.iter().map(|order| order.day).max();
        let until = args.until.or(last).with_context(|| match refused.first() {
            Some(refused) => format!("no row of the file can be read; {refused}"),
            None => format!("`{}` has no rows", args.file.display()),
        })?;
        let mut population = Self {
            file: args.file.clone(),
            rows: read,
            later: 0,
            other_currency: 0,
            refused,
            refused_rows,
            until,
            has_totals: source.total.is_some(),
            customers: Vec::new(),
        };
        population.add(orders);
        Ok(population)
    }

    fn add(&mut self, orders: Vec<Order>) {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut first_currency: Option<String> = None;
        for order in orders {
            if order.day > self.until {
                self.later += 1;
                continue;
            }
            let place = *places.entry(order.customer).or_insert_with_key(|id| {
                self.customers.push(Buyer {
                    id: id.clone(),
                    orders: 0,
                    spend: Decimal::ZERO,
                    days: Vec::new(),
                });
                self.customers.len() - 1
            });
            let buyer = &mut self.customers[place];
            buyer.orders += 1;
            buyer.days.push(order.day.number());
            if *first_currency.get_or_insert(order.currency.clone()) == order.currency {
                buyer.spend = buyer.spend.saturating_add(order.total);
            } else {
                self.other_currency += 1;
            }
        }
        for buyer in &mut self.customers {
            buyer.days.sort_unstable();
            buyer.days.dedup();
        }
    }

    /// What BG/NBD looks at of each customer: one purchase per customer and day, in weeks.
    pub fn histories(&self) -> Vec<History> {
        let until = self.until.number();
        self.customers
            .iter()
            .map(|buyer| buyer.history(until))
            .collect()
    }

    /// What RFM looks at of each customer.
    pub fn worth(&self) -> Vec<Customer> {
        let until = self.until.number();
        let worth = |buyer: &Buyer| {
            let last = buyer.days.last().copied().unwrap_or(until);
            Customer {
                recency_days: u64::from(until.abs_diff(last)),
                frequency: buyer.orders,
                monetary: buyer.spend,
            }
        };
        self.customers.iter().map(worth).collect()
    }

    /// What is said where rows cannot be read.
    pub fn refusal(&self) -> String {
        let mut text = format!(
            "{} of {} cannot be read:\n",
            rows(self.refused_rows),
            grouped(self.rows)
        );
        for refused in &self.refused {
            text.push_str(&format!("  {refused}\n"));
        }
        let more = self.refused_rows.saturating_sub(self.refused.len() as u64);
        if more > 0 {
            text.push_str(&format!("  and {} more\n", grouped(more)));
        }
        text.push_str("Mend them, or leave them out with --skip-bad-rows.");
        text
    }
}

impl Buyer {
    /// Weeks from the first order, to the last and to the day numbered `until`.
    pub fn history(&self, until: i32) -> History {
        let first = self.days.first().copied().unwrap_or(until);
        let last = self.days.last().copied().unwrap_or(first);
        let weeks = |days: i32| f64::from(days) / 7.0;
        History {
            repeats: (self.days.len() as u64).saturating_sub(1),
            last: weeks(last - first),
            age: weeks(until - first),
        }
    }
}

/// The file, and where everything is.
struct Source<'a> {
    args: &'a FitArgs,
    records: Records<BufReader<File>>,
    customer: Column,
    date: Column,
    total: Option<Column>,
    currency: Option<Column>,
}

impl<'a> Source<'a> {
    fn open(args: &'a FitArgs) -> Result<Self> {
        let mapping = Mapping::with(&args.map, &["customer", "date"])?;
        let cannot = || format!("cannot read `{}`", args.file.display());
        let file = File::open(&args.file).with_context(cannot)?;
        let mut records = Records::new(BufReader::with_capacity(256 * 1024, file), args.format)
            .with_context(cannot)?;
        let mut names = ByteRecord::new();
        let has_names = args.header || mapping.by_name();
        let names = match has_names && records.next(&mut names)?.is_some() {
            true => Some(names),
            false => None,
        };
        let find = |wanted| mapping.find(wanted, names.as_ref());
        Ok(Self {
            args,
            customer: find("customer")?.context("no column holds the customer")?,
            date: find("date")?.context("no column holds the date")?,
            total: find("total")?,
            currency: find("currency")?,
            records,
        })
    }

    /// Reads the row that begins on `line`.
    fn order(&self, line: u64, record: &ByteRecord) -> Result<Order, Refused> {
        let refused = |field: &str, reason: String| Refused {
            line,
            field: field.to_owned(),
            reason,
        };
        let text = |field: &str, column: &Column| {
            let bytes = record.get(column.index).ok_or_else(|| {
                let (label, len) = (&column.label, record.len());
                refused(
                    field,
                    format!("the row has no column {label}; it has {len}"),
                )
            })?;
            let text = std::str::from_utf8(bytes)
                .map_err(|_| refused(field, format!("column {} is not UTF-8", column.label)))?;
            Ok(text.trim())
        };
        let customer = text("customer", &self.customer)?;
        CustomerId::parse(customer).map_err(|error| refused("customer", error.to_string()))?;
        let date = text("date", &self.date)?;
        let date = when::parse(date, self.args.offset.as_ref())
            .map_err(|reason| refused("date", reason))?;
        let day = Day::parse(&date)
            .or_else(|| Some(self.args.time_zone.day_of(Timestamp::parse(&date).ok()?)))
            .ok_or_else(|| refused("date", format!("{date:?} is no date")))?;
        let total = match &self.total {
            None => Decimal::ZERO,
            Some(column) => amount::major(text("total", column)?, self.args.decimal_comma)
                .map_err(|reason| refused("total", reason))?,
        };
        let currency = match &self.currency {
            None => "",
            Some(column) => text("currency", column)?,
        };
        Ok(Order {
            customer: customer.to_owned(),
            day,
            total,
            currency: currency.to_uppercase(),
        })
    }
}
