"""Education plans of single pupils by hours: plan, lessons, hour entries, completion, follow-up, support, hand-over, sealing."""
