"""From what a paper prints to an effect: changes in one arm, differences between arms, pools of them."""
