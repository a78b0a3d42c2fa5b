{
  "targets": [
    {
      # CMakeLists.txt is the one description of the build; this only hands over to it.
      "target_name": "typetorch",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": [],
          "outputs": ["<(PRODUCT_DIR)/typetorch.node"],
          "action": ["node", "scripts/setup/build.mjs", "--relocatable", "--out", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
