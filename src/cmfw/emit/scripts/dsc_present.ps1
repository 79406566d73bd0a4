
CmfwFirewall -Rules $rules -Members $members -Off $off -Settings $settings -OutputPath $OutputPath
