"""What comes in from other tools and goes out to them: imports, new reviews, exports, differences."""
