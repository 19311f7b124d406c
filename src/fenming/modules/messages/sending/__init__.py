"""How messages leave: the hour, the letter, the robots' protocols, and the outbox that is worked off."""
