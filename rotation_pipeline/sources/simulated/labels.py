"""Labels of the simulated companies: the real symbols that the article and the cohorts need, and Yahoo's sectors and industries."""

from __future__ import annotations

from dataclasses import dataclass

MEGA, LARGE, SMALL = 0, 1, 2


@dataclass(frozen=True)
class Company:
    """One named line. ``issuer`` is the symbol of the company's primary line; ``fiscal_shift`` in months after the calendar quarter."""

    symbol: str
    name: str
    tier: int
    sector: str
    industry: str
    exchange: str
    issuer: str
    fiscal_shift: int = 0


TECH, COMM, CYCLICAL, STAPLES, HEALTH = "Technology", "Communication Services", "Consumer Cyclical", "Consumer Defensive", "Healthcare"
FINANCE, INDUSTRY, ENERGY, MATERIALS = "Financial Services", "Industrials", "Energy", "Basic Materials"
ESTATE, UTILITY = "Real Estate", "Utilities"

NAMED = (
    Company("AAPL", "Apple", MEGA, TECH, "Consumer Electronics", "NMS", "AAPL"),
    Company("MSFT", "Microsoft", MEGA, TECH, "Software - Infrastructure", "NMS", "MSFT"),
    Company("GOOGL", "Alphabet A", MEGA, COMM, "Internet Content & Information", "NMS", "GOOGL"),
    Company("GOOG", "Alphabet C", MEGA, COMM, "Internet Content & Information", "NMS", "GOOGL"),
    Company("AMZN", "Amazon", MEGA, CYCLICAL, "Internet Retail", "NMS", "AMZN"),
    Company("NVDA", "NVIDIA", MEGA, TECH, "Semiconductors", "NMS", "NVDA", 1),
    Company("META", "Meta Platforms", MEGA, COMM, "Internet Content & Information", "NMS", "META"),
    Company("TSLA", "Tesla", MEGA, CYCLICAL, "Auto Manufacturers", "NMS", "TSLA"),
    Company("CAT", "Caterpillar", LARGE, INDUSTRY, "Farm & Heavy Construction Machinery", "NYQ", "CAT"),
    Company("KEY", "KeyCorp", LARGE, FINANCE, "Banks - Regional", "NYQ", "KEY"),
    Company("HAL", "Halliburton", LARGE, ENERGY, "Oil & Gas Equipment & Services", "NYQ", "HAL"),
    Company("VLO", "Valero", LARGE, ENERGY, "Oil & Gas Refining & Marketing", "NYQ", "VLO"),
    Company("AMD", "Advanced Micro Devices", LARGE, TECH, "Semiconductors", "NMS", "AMD"),
    Company("BAC", "Bank of America", LARGE, FINANCE, "Banks - Diversified", "NYQ", "BAC"),
    Company("ORCL", "Oracle", LARGE, TECH, "Software - Infrastructure", "NYQ", "ORCL", 2),
    Company("JPM", "JPMorgan Chase", LARGE, FINANCE, "Banks - Diversified", "NYQ", "JPM"),
    Company("C", "Citigroup", LARGE, FINANCE, "Banks - Diversified", "NYQ", "C"),
    Company("WFC", "Wells Fargo", LARGE, FINANCE, "Banks - Diversified", "NYQ", "WFC"),
)

# Sector and industry of the made-up companies, dealt in turn, so that a small market has every group that a cohort needs.
DEALT = (
    (INDUSTRY, "Specialty Industrial Machinery"),
    (FINANCE, "Banks - Regional"),
    (TECH, "Software - Application"),
    (HEALTH, "Biotechnology"),
    (ENERGY, "Oil & Gas Equipment & Services"),
    (CYCLICAL, "Specialty Retail"),
    (INDUSTRY, "Building Products & Equipment"),
    (STAPLES, "Packaged Foods"),
    (FINANCE, "Banks - Regional"),
    (TECH, "Semiconductors"),
    (ENERGY, "Oil & Gas Refining & Marketing"),
    (MATERIALS, "Specialty Chemicals"),
    (HEALTH, "Medical Devices"),
    (ESTATE, "REIT - Industrial"),
    (FINANCE, "Insurance - Property & Casualty"),
    (UTILITY, "Utilities - Regulated Electric"),
    (INDUSTRY, "Aerospace & Defense"),
    (TECH, "Software - Infrastructure"),
    (CYCLICAL, "Restaurants"),
    (COMM, "Entertainment"),
    (ENERGY, "Oil & Gas E&P"),
    (MATERIALS, "Steel"),
    (HEALTH, "Medical Care Facilities"),
)

# How much cheaper than the average company a sector trades, in standard deviations of book to market.
VALUE_TILT = {
    FINANCE: 0.8, ENERGY: 0.7, MATERIALS: 0.4, INDUSTRY: 0.4, UTILITY: 0.3, ESTATE: 0.2,
    STAPLES: -0.1, CYCLICAL: -0.1, HEALTH: -0.4, COMM: -0.6, TECH: -1.0,
}  # fmt: skip
