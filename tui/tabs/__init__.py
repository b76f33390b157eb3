"""The tabs of the inspector. Each draws one side of one job and says what it wants to know; none knows another."""
